/**
 * What can be read only once, as a file on this machine: written whole, or an error.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { lstat, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../contract/failures';

/** A file that is read more than once. */
export interface ReadableFile {
  readonly path: string;
  readonly release: () => Promise<void>;
}

/**
 * Copies bytes to a file in a temporary folder. The next piece is read when the last one is written.
 *
 * @param name - The job's name comes from it where none is given.
 * @throws ApplicationFailure `MessageBatch.StoreUnavailable` when the folder cannot hold them; what the source throws
 * is passed on.
 */
export async function copyToTemporary(
  name: string,
  source: AsyncIterable<Uint8Array>
): Promise<ReadableFile> {
  await removeAbandoned();
  const prefix = `message-batches-${machineName()}-${process.pid}-`;
  const folder = await onDisk(() => mkdtemp(join(tmpdir(), prefix)));
  const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, name);
    await writeWhole(path, source);
    return { path, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function writeWhole(path: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await onDisk(() => open(path, 'wx', 0o600));
  try {
    // Unlike `write`, `appendFile` continues after a short write.
    for await (const piece of source) await onDisk(() => file.appendFile(piece));
  } finally {
    await onDisk(() => file.close());
  }
}

async function onDisk<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw failure(
      'MessageBatch.StoreUnavailable',
      `The temporary folder ${tmpdir()} cannot store the requests (${code}). Nothing was submitted; free space there, or set TMPDIR to another folder.`
    );
  }
}

/** For folders of processes that cannot be asked about: those of other containers, or under a pid that is used again. */
const AGE_MS_MAX = 7 * 24 * 60 * 60 * 1000;

/** What is known about the processes of this machine. */
export interface KnownProcesses {
  /** Within it, a pid means one process. */
  readonly machine: string;
  readonly isRunning: (pid: number) => boolean;
}

/** Decides whether a folder in the temporary folder was left by a client that was killed. */
export function isAbandoned(
  { name, ageMs }: { readonly name: string; readonly ageMs: number },
  { machine, isRunning }: KnownProcesses
): boolean {
  const [, owner, pid] = /^message-batches-([0-9a-z]+)-(\d+)-\w+$/.exec(name) ?? [];
  if (owner === undefined || pid === undefined) return false;
  return ageMs > AGE_MS_MAX || (owner === machine && !isRunning(Number(pid)));
}

/** Removes what killed clients of this user left, which contains requests. Best effort. */
async function removeAbandoned(nowMs = Date.now()): Promise<void> {
  const known = { machine: machineName(), isRunning };
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((each) => each.startsWith('message-batches-'))) {
    const path = join(tmpdir(), name);
    try {
      const stats = await lstat(path);
      const isOurs = stats.isDirectory() && stats.uid === (process.getuid?.() ?? stats.uid);
      if (!isOurs || !isAbandoned({ name, ageMs: nowMs - stats.mtimeMs }, known)) continue;
      await rm(path, { recursive: true, force: true });
    } catch {
      // Another client removed it first.
    }
  }
}

/** Containers may share a temporary folder, and each has pids of its own. */
function machineName(): string {
  let pids = '';
  try {
    pids = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not on Linux: one machine, one set of pids.
  }
  return createHash('sha256').update(`${hostname()} ${pids}`).digest('hex').slice(0, 8);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
