/**
 * What can be read only once, as a file on this machine: written whole, or an error.
 *
 * @module
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
  const folder = await onDisk(() => mkdtemp(join(tmpdir(), 'message-batches-')));
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
