/**
 * Writes one file whole or not at all: under a temporary name, flushed to disk, then moved to its place.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFile, makeFolder, type Access } from './access';
import { errorCode } from './file-errors';

const WRITE_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

export interface Written {
  readonly bytes: number;
  readonly lines: number;
  readonly sha256: string;
}

export type ByteSource = AsyncIterable<Uint8Array> | Uint8Array | string;

/**
 * Streams a source into a new file of a folder, counting and hashing its bytes.
 *
 * The next piece is read when the last one is written, so a slow disk slows down the source. If the source or the disk
 * fails, the file is removed.
 */
export async function writeTemporary(
  folder: string,
  source: ByteSource,
  access: Access
): Promise<Written & { readonly path: string }> {
  const path = join(folder, randomUUID());
  const file = await createFile(path, access);
  try {
    try {
      const written = await writeAll(file, source);
      await file.sync();
      return { path, ...written };
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Moves a finished file to its place, replacing an existing file. */
export async function moveInto(temporary: string, path: string, access: Access): Promise<void> {
  await makeFolder(dirname(path), access);
  await rename(temporary, path);
  await flushFolder(dirname(path));
}

/**
 * Moves a finished file to its place unless a file exists there. The temporary file is removed in both cases.
 *
 * @returns false when a file existed there.
 */
export async function linkInto(temporary: string, path: string, access: Access): Promise<boolean> {
  try {
    await makeFolder(dirname(path), access);
    await link(temporary, path);
    await flushFolder(dirname(path));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeAll(file: FileHandle, source: ByteSource): Promise<Written> {
  const hash = createHash('sha256');
  let bytes = 0;
  let lines = 0;
  let last = NEWLINE;
  for await (const piece of inPieces(source)) {
    hash.update(piece);
    bytes += piece.length;
    lines += countNewlines(piece);
    last = piece[piece.length - 1] ?? last;
    await writePiece(file, piece);
  }
  return { bytes, lines: last === NEWLINE ? lines : lines + 1, sha256: hash.digest('hex') };
}

/** Gathers small pieces into one buffer, so that not every line costs a system call. */
async function* inPieces(source: ByteSource): AsyncGenerator<Uint8Array> {
  if (typeof source === 'string' || source instanceof Uint8Array) {
    yield typeof source === 'string' ? Buffer.from(source) : source;
    return;
  }
  let gathered: Buffer | undefined;
  let used = 0;
  for await (const part of source) {
    if (used + part.length > WRITE_BYTES && gathered && used > 0) {
      yield gathered.subarray(0, used);
      used = 0;
    }
    if (part.length >= WRITE_BYTES) {
      yield part;
    } else {
      gathered ??= Buffer.allocUnsafe(WRITE_BYTES);
      gathered.set(part, used);
      used += part.length;
    }
  }
  if (gathered && used > 0) yield gathered.subarray(0, used);
}

async function writePiece(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length;) {
    const { bytesWritten } = await file.write(piece, at, piece.length - at);
    at += bytesWritten;
  }
}

function countNewlines(piece: Uint8Array): number {
  // A Buffer's search is native code.
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** A new name only survives a power cut if its folder is flushed too. Not every file system supports that. */
async function flushFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // The file itself is flushed; the operating system will flush the name soon.
  }
}
