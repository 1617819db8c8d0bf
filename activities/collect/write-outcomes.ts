/**
 * Turns an index and its spool into two files of the chunk.
 *
 * `outcomes.jsonl` has a line per member in input order, as `src/core/collect/outcome-line.ts` reads it, with the result's
 * bytes as the API sent them. `retry.jsonl` has a line per request for a later round: `[position,nextAttempt,"kind"]`.
 *
 * Why: docs/decisions/014-result-bytes-are-copied.md
 *
 * @module
 */
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Verdict } from '../../src/core/collect/outcome';
import { verdictOf, type ResultsIndex } from './results-index';

const PIECE_BYTES = 256 * 1024;
/** More than the longest start and end of a line together. */
const FRAME_BYTES_MAX = 128;
const MISSING = '{"type":"missing"}';

/**
 * Writes the lines of `outcomes.jsonl`.
 *
 * Results arrive in any order, so each is read from its place in the spool. The reads are synchronous: a hundred thousand
 * reads of a microsecond each would take more than a second as promises. The event loop runs after every piece.
 */
export async function* outcomeLines(
  index: ResultsIndex,
  spool: FileHandle
): AsyncGenerator<Buffer> {
  const read = createSpanReader(spool, index.spoolBytes);
  let piece = Buffer.allocUnsafe(PIECE_BYTES);
  let used = 0;
  for (let member = 0; member < index.members.count; member++) {
    const offset = index.offsets[member] ?? -1;
    const length = index.lengths[member] ?? 0;
    if (used > 0 && used + Math.max(length, MISSING.length) + FRAME_BYTES_MAX > PIECE_BYTES) {
      yield piece.subarray(0, used);
      piece = Buffer.allocUnsafe(PIECE_BYTES);
      used = 0;
    }
    used += piece.write(lineStart(index, member), used, 'latin1');
    if (offset < 0) {
      used += piece.write(MISSING, used, 'latin1');
    } else if (length + FRAME_BYTES_MAX <= PIECE_BYTES) {
      read(piece, used, offset, length);
      used += length;
    } else {
      yield piece.subarray(0, used);
      yield* longSpan(spool, offset, length);
      piece = Buffer.allocUnsafe(PIECE_BYTES);
      used = 0;
    }
    used += piece.write('}\n', used, 'latin1');
  }
  if (used > 0) yield piece.subarray(0, used);
}

/** Writes the lines of `retry.jsonl`. */
export async function* retryLines(index: ResultsIndex): AsyncGenerator<Buffer> {
  let piece = '';
  for (let member = 0; member < index.members.count; member++) {
    const kind = retryKind(verdictOf(index, member));
    if (kind === null) continue;
    const { positions, attempts } = index.members;
    // A request that the account prevented was never tried.
    const next = (attempts[member] ?? 1) + (kind === 'account' ? 0 : 1);
    piece += `[${positions[member] ?? 0},${next},"${kind}"]\n`;
    if (piece.length < PIECE_BYTES) continue;
    yield await Promise.resolve(Buffer.from(piece, 'latin1'));
    piece = '';
  }
  yield Buffer.from(piece, 'latin1');
}

function retryKind(verdict: Verdict): 'retry' | 'account' | 'stopped' | null {
  if (verdict.outcome === 'retry') return verdict.kind;
  return verdict.outcome === 'stopped' ? 'stopped' : null;
}

function lineStart(index: ResultsIndex, member: number): string {
  const { positions, attempts } = index.members;
  const { outcome } = verdictOf(index, member);
  const [position, attempt] = [positions[member] ?? 0, attempts[member] ?? 1];
  return `{"position":${position},"attempt":${attempt},"outcome":"${outcome}","result":`;
}

type SpanReader = (target: Buffer, at: number, offset: number, length: number) => void;

/** Reads ahead where one result follows the other, as in a file that arrived in order. */
function createSpanReader({ fd }: FileHandle, spoolBytes: number): SpanReader {
  const ahead = Buffer.allocUnsafe(PIECE_BYTES);
  let aheadStart = 0;
  let aheadEnd = 0;
  let lastEnd = 0;
  return (target, at, offset, length) => {
    const end = offset + length;
    const isInside = offset >= aheadStart && end <= aheadEnd;
    if (!isInside && offset === lastEnd) {
      aheadStart = offset;
      aheadEnd = offset + Math.min(PIECE_BYTES, spoolBytes - offset);
      readFully(fd, ahead, 0, aheadEnd - aheadStart, offset);
    }
    lastEnd = end;
    if (offset >= aheadStart && end <= aheadEnd) {
      ahead.copy(target, at, offset - aheadStart, end - aheadStart);
    } else {
      readFully(fd, target, at, length, offset);
    }
  };
}

async function* longSpan(
  spool: FileHandle,
  offset: number,
  length: number
): AsyncGenerator<Buffer> {
  for (let done = 0; done < length;) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, length - done));
    const { bytesRead } = await spool.read(piece, 0, piece.length, offset + done);
    if (bytesRead === 0) throw endOfSpool();
    done += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

function readFully(fd: number, target: Buffer, at: number, length: number, offset: number): void {
  for (let done = 0; done < length;) {
    const bytes = readSync(fd, target, at + done, length - done, offset + done);
    if (bytes === 0) throw endOfSpool();
    done += bytes;
  }
}

function endOfSpool(): Error {
  return new Error('The spool file of the results is shorter than what was written to it.');
}
