/**
 * Where an application's requests come from: a list, an async iterable, or a file.
 *
 * Each becomes one JSON Lines file first: its hash decides whether it is the input of a job's id.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MessageParams } from '../contract/options';
import { openRequestLines, type RequestLines } from '../records/request-lines';
import { copyToTemporary, type ReadableFile } from './temporary-file';

/** One request: `params` is a Messages API body without `stream`. */
export interface BatchRequest {
  /** Any non-empty string. Without it the request gets `item-N`, N its position from 0. */
  readonly custom_id?: string;
  readonly params: MessageParams;
}

/**
 * A list, an async iterable, or a file: its path, or a `file:` URL.
 *
 * A file is JSON Lines, a JSON array of requests, or the API's own body `{"requests": […]}`, each also as gzip; a pipe
 * is read to its end first.
 */
export type RequestSource = Iterable<BatchRequest> | AsyncIterable<BatchRequest> | string | URL;

/** Requests as a file on this machine. */
export interface RequestFile {
  readonly path: string;
  /** For the id of a job that was given none. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Lines, blank ones too. */
  readonly lines: number;
  /** The lines, as the store is to hold them. */
  readLines(): Promise<AsyncIterable<Uint8Array>>;
  release(): Promise<void>;
}

/** Brings a source into a file and hashes it. Reads it once, as a stream. */
export async function toRequestFile(source: RequestSource): Promise<RequestFile> {
  if (source instanceof URL) return toFile(fileURLToPath(source));
  if (typeof source === 'string') {
    return toFile(source.startsWith('file:') ? fileURLToPath(source) : source);
  }
  const file = await copyToTemporary(`${randomUUID()}.jsonl`, toLines(source));
  return hashTemporary(file, 'requests');
}

/** Reads a file as JSON Lines, whatever form of requests it holds. */
export async function readRequestLines(path: string): Promise<RequestLines> {
  return openRequestLines(createReadStream(path, { highWaterMark: 1 << 20 }));
}

async function toFile(path: string): Promise<RequestFile> {
  if ((await stat(path)).isFile()) return hashFile(path);
  const file = await copyToTemporary(PIPE_NAME, createReadStream(path));
  return hashTemporary(file, basename(PIPE_NAME, '.jsonl'));
}

/** Name of an input that is a pipe: those of `/dev/fd/63` and the like differ from call to call. */
export const PIPE_NAME = 'stdin.jsonl';

async function hashTemporary({ path, release }: ReadableFile, name: string): Promise<RequestFile> {
  try {
    return { ...(await hashFile(path)), name, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function hashFile(path: string): Promise<RequestFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  let lines = 0;
  let endsLine = true;
  for await (const part of (await readRequestLines(path)).bytes) {
    hash.update(part);
    bytes += part.length;
    lines += countNewlines(part);
    endsLine = part.at(-1) === NEWLINE;
  }
  return {
    path,
    name: basename(path).replace(/(\.(jsonl|ndjson|json))?(\.gz)?$/i, ''),
    sha256: hash.digest('hex'),
    bytes,
    lines: endsLine ? lines : lines + 1,
    readLines: async () => (await readRequestLines(path)).bytes,
    release: () => Promise.resolve(),
  };
}

const NEWLINE = 0x0a;

function countNewlines(part: Buffer): number {
  let count = 0;
  for (let at = part.indexOf(NEWLINE); at !== -1; at = part.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** Small requests are written together; a large one fills a piece of its own. */
const PIECE_LENGTH = 256 * 1024;

async function* toLines(
  source: Iterable<BatchRequest> | AsyncIterable<BatchRequest>
): AsyncGenerator<Buffer> {
  let lines = '';
  for await (const request of source) {
    lines += `${JSON.stringify(request)}\n`;
    if (lines.length < PIECE_LENGTH) continue;
    yield Buffer.from(lines);
    lines = '';
  }
  if (lines !== '') yield Buffer.from(lines);
}
