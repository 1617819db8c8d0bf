/**
 * Where an application's requests come from: a list, an async iterable, or a file.
 *
 * Whatever it is, it becomes one JSON Lines file first: its hash decides whether a job's id stands for it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One request: `params` is a Messages API body without `stream`. */
export interface BatchRequest {
  /** Any non-empty string. Without it the request gets `item-N`, N its position from 0. */
  readonly custom_id?: string;
  readonly params: object;
}

/** A list, an async iterable, or a JSON Lines file: its path, or a `file:` URL. */
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
  release(): Promise<void>;
}

/** Brings a source into a file and hashes it. Reads it once, as a stream. */
export async function toRequestFile(source: RequestSource): Promise<RequestFile> {
  if (source instanceof URL) return hashFile(fileURLToPath(source));
  if (typeof source === 'string') {
    return hashFile(source.startsWith('file:') ? fileURLToPath(source) : source);
  }
  const folder = await mkdtemp(join(tmpdir(), 'message-batches-'));
  const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, `${randomUUID()}.jsonl`);
    await writeLines(path, source);
    return { ...(await hashFile(path)), name: 'requests', release };
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
  for await (const part of createReadStream(path, {
    highWaterMark: 1 << 20,
  }) as AsyncIterable<Buffer>) {
    hash.update(part);
    bytes += part.length;
    lines += countNewlines(part);
    endsLine = part.at(-1) === NEWLINE;
  }
  return {
    path,
    name: basename(path).replace(/\.(jsonl|ndjson|json)$/i, ''),
    sha256: hash.digest('hex'),
    bytes,
    lines: endsLine ? lines : lines + 1,
    release: () => Promise.resolve(),
  };
}

const NEWLINE = 0x0a;

function countNewlines(part: Buffer): number {
  let count = 0;
  for (let at = part.indexOf(NEWLINE); at !== -1; at = part.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** Requests per write: one system call for many small ones. */
const LINES_PER_WRITE = 256;

async function writeLines(
  path: string,
  source: Iterable<BatchRequest> | AsyncIterable<BatchRequest>
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    let lines: string[] = [];
    for await (const request of source) {
      lines.push(`${JSON.stringify(request)}\n`);
      if (lines.length < LINES_PER_WRITE) continue;
      await file.write(lines.join(''));
      lines = [];
    }
    await file.write(lines.join(''));
  } finally {
    await file.close();
  }
}
