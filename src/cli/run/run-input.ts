/**
 * The input of `run`: FILE, standard input, or the stored input of the job that the folder of `--out` remembers.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PIPE_NAME } from '../../client/request-source';
import { copyToTemporary } from '../../client/temporary-file';
import { jobFiles } from '../../records/job-files';
import type { JobOptions } from '../../contract/options';
import type { Store } from '../../store/store';
import { commandError } from '../text/errors';
import type { OutNote } from './out-folder';

/** An input as a file on this machine. */
export interface InputFile {
  readonly path: string;
  readonly release: () => Promise<void>;
}

/**
 * Brings FILE within reach: standard input, or another pipe, is copied first.
 *
 * @param file - a path, `-`, or a `file:` URI.
 * @throws CommandError when there is no such file.
 */
export async function openInput(file: string): Promise<InputFile> {
  if (file === '-') return copyStandardInput();
  const path = toPath(file);
  if (STANDARD_INPUT.includes(path)) return copyStandardInput();
  const found = await stat(path).catch(() => null);
  if (found === null) throw commandError(`There is no file ${path}.`);
  if (found.isDirectory()) throw commandError(`Expected ${path} to be a file; it is a folder.`);
  // A pipe, as of `<(…)`, can be read once, and an input is read more often.
  if (!found.isFile()) return copyToTemporary(PIPE_NAME, createReadStream(path));
  return { path, release: () => Promise.resolve() };
}

/** Other names of `-`. Where it is a socket, only the process's own stream can read it. */
const STANDARD_INPUT: readonly string[] = ['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'];

/**
 * The stored input of a job, for an execution that continues it.
 *
 * @throws CommandError when the store no longer has it.
 */
export async function openStoredInput(store: Store, jobId: string): Promise<InputFile> {
  const { requests } = jobFiles(jobId);
  if ((await store.size(requests)) === undefined) {
    throw commandError(
      `The store ${store.uri} no longer has the job ${jobId}: name its FILE to start it again.`
    );
  }
  const uri = store.uriOf(requests);
  if (uri.startsWith('file:')) {
    return { path: fileURLToPath(uri), release: () => Promise.resolve() };
  }
  return copyToTemporary('requests.jsonl', store.read(requests));
}

/** The options that a job was started with. */
export async function storedOptions(
  store: Store,
  { job_id: jobId, options }: OutNote
): Promise<JobOptions> {
  const params = await store.readJson(jobFiles(jobId).params);
  if (params === undefined) return options;
  return { ...options, params: params as Readonly<Record<string, unknown>> };
}

function toPath(file: string): string {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(file)?.[1]?.toLowerCase();
  if (scheme === undefined) return resolve(file);
  if (scheme !== 'file') {
    throw commandError(`Expected FILE to be a path, - or a file:// URI, got ${scheme}://.`);
  }
  try {
    return fileURLToPath(file);
  } catch {
    throw commandError('Expected FILE to be a path, - or a well-formed file:// URI.');
  }
}

async function copyStandardInput(): Promise<InputFile> {
  if (process.stdin.isTTY) {
    throw commandError('Expected requests on standard input; it is a terminal. Pipe a file in.');
  }
  return copyToTemporary(PIPE_NAME, process.stdin);
}
