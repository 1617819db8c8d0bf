import { setTimeout as sleep } from 'node:timers/promises';
import type { ResultChunks, StreamEdit } from '../../api-shapes/answers';
import { resultTypeOf } from './batch';
import type { BatchRecord } from './batch';
import { sha256 } from '../../api-shapes/ids';
import { toResultLine } from './message';

/** Bytes that are gathered before they are written. */
const CHUNK_BYTES = 64 * 1024;

/**
 * The result file of an ended batch in pieces: one line per request, in an order that differs from the
 * requests' and is the same at every download.
 *
 * @param edits - how the file is changed while it is sent.
 * @param signal - ends slow bodies when the simulator closes.
 */
export async function* toResultChunks(
  batch: BatchRecord,
  edits: readonly StreamEdit[],
  signal: AbortSignal
): ResultChunks {
  const slow = edits.find((edit) => edit.slow !== undefined)?.slow;
  const chunkBytes = slow?.chunkBytes ?? CHUNK_BYTES;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for (const piece of pieces(editedLines(batch, edits), edits)) {
    if (piece === 'reset') {
      yield Buffer.concat(pending);
      yield piece;
      return;
    }
    pending.push(piece);
    pendingBytes += piece.length;
    if (pendingBytes < chunkBytes) continue;
    const gathered = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    if (slow === undefined) {
      yield gathered;
      continue;
    }
    for (let at = 0; at < gathered.length; at += chunkBytes) {
      yield gathered.subarray(at, at + chunkBytes);
      await sleep(slow.delayMs, undefined, { signal, ref: false });
    }
  }
  yield Buffer.concat(pending);
}

/** A shuffled 0…length-1 that follows from the seed alone. */
export function shuffledIndexes(length: number, seed: string): Uint32Array {
  const random = createRandom(Number.parseInt(sha256(seed).slice(0, 8), 16));
  const order = new Uint32Array(length).map((_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}

function* editedLines(batch: BatchRecord, edits: readonly StreamEdit[]): Generator<string> {
  let position = 0;
  for (const index of shuffledIndexes(batch.items.length, batch.id)) {
    const item = batch.items[index];
    if (item === undefined) continue;
    let lines: readonly string[] = [JSON.stringify(toResultLine(item, resultTypeOf(batch, item)))];
    for (const { editLine } of edits) {
      const at = position;
      if (editLine !== undefined) lines = lines.flatMap((line) => editLine(line, at));
    }
    position += 1;
    yield* lines;
  }
}

// Lines as bytes, up to where a fault cuts them.
function* pieces(
  lines: Iterable<string>,
  edits: readonly StreamEdit[]
): Generator<Buffer | 'reset'> {
  const cut = edits.find((edit) => edit.cut !== undefined)?.cut;
  const hasNoFinalNewline = edits.some((edit) => edit.hasNoFinalNewline === true);
  let sent = 0;
  for (const line of lines) {
    if (cut?.afterLines === sent) {
      const bytes = Buffer.from(line);
      if (cut.isMidLine) yield bytes.subarray(0, Math.ceil(bytes.length / 2));
      if (cut.end === 'reset') yield 'reset';
      return;
    }
    // Where the last line goes without a newline, each comes before its line.
    if (hasNoFinalNewline) yield Buffer.from(sent > 0 ? `\n${line}` : line);
    else yield Buffer.from(`${line}\n`);
    sent += 1;
  }
}

// mulberry32: https://github.com/bryc/code/blob/master/jshash/PRNGs.md
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
