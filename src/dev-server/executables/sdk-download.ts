/**
 * The SDK's own download of the executables, which works where the internet is open.
 *
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutableName } from './executable-name';

/** A download that does not grow for this long has failed: some networks drop blocked traffic silently. */
const STALL_MS = 10_000;
/** From the complete file to the end of the process, which starts and stops the server once. */
const END_MS = 20_000;
const POLL_MS = 100;
const STDERR_BYTES_MAX = 4000;

/** The SDK downloads on the way to a running server only, so this starts one and stops it. */
const SCRIPT = `
const [testing, name, downloadDir] = process.argv.slice(1);
const { TestWorkflowEnvironment } = require(testing);
const server = { executable: { type: 'cached-download', downloadDir } };
const create = name === 'temporal-cli' ? 'createLocal' : 'createTimeSkipping';
TestWorkflowEnvironment[create]({ server })
  .then((env) => env.teardown())
  .catch((error) => { console.error(error.message); process.exitCode = 1; });
`;

/** Version of the SDK's testing package; undefined where it is not installed. */
export function sdkVersion(): string | undefined {
  try {
    const manifest = require.resolve('@temporalio/testing/package.json');
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/**
 * Has the SDK download an executable into an empty folder.
 *
 * It runs in its own process, because the SDK cannot cancel a download.
 *
 * @param testing - where the SDK's testing package is.
 * @returns The path of the executable in that folder.
 */
export async function downloadWithSdk(
  name: ExecutableName,
  folder: string,
  testing = require.resolve('@temporalio/testing'),
  stallMs = STALL_MS
): Promise<string> {
  const child = spawn(process.execPath, ['-e', SCRIPT, testing, name, folder], {
    // In its own group, so that the server it starts can be ended with it.
    detached: true,
    env: process.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_BYTES_MAX);
  });
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  child.once('close', end).once('error', end);

  let bytes = -1;
  let deadline = 0;
  while (!state.ended) {
    const { size, complete } = inspect(folder);
    if (size !== bytes) deadline = Date.now() + (complete === undefined ? stallMs : END_MS);
    bytes = size;
    if (Date.now() > deadline) break;
    await sleep(POLL_MS);
  }
  endGroup(child);
  const { complete } = inspect(folder);
  if (complete !== undefined) return complete;
  throw new Error(state.ended ? briefly(stderr) : `nothing came for ${stallMs / 1000} s`);
}

/** The SDK renames the file when it is whole. */
function inspect(folder: string): { size: number; complete: string | undefined } {
  const files = readdirSync(folder).map((file) => join(folder, file));
  const size = files.reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0
  );
  return { size, complete: files.find((file) => !file.endsWith('.downloading')) };
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // The whole group has already ended.
  }
}

/** The SDK's message repeats itself at each level; the cause comes last. */
function briefly(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return line.split(': ').slice(-2).join(': ').slice(0, 200) || 'failed';
}
