/**
 * The outcomes of one round as one ascending sequence, chunk after chunk, one file open at a time.
 *
 * @module
 */
import { failure } from '../../src/contract/failures';
import { LINE_BYTES_MAX } from '../../src/contract/limits';
import type { StoreReference } from '../../src/contract/public';
import { parseOutcomeLine, type OutcomeLine } from '../../src/core/collect/outcome-line';
import { readLines, type Line } from '../../src/store/lines';
import type { Store } from '../../src/store/store';

/** Points at one outcome until it is advanced. */
export interface OutcomeCursor {
  /** Position of the current outcome; Infinity after the last one. */
  readonly position: number;
  readonly outcome: OutcomeLine;
  /** Advances within what was read. @returns false when the next outcome has to be read: then call `refill`. */
  next(): boolean;
  /** Reads the next outcomes and advances to the first of them, or past the last one. */
  refill(): Promise<void>;
  close(): Promise<void>;
}

const NOTHING: OutcomeLine = { position: Infinity, attempt: 0, result: Buffer.alloc(0) };

/** A result of the API's largest size and the rest of its line. */
const OUTCOME_BYTES_MAX = LINE_BYTES_MAX + 1024;

/**
 * Opens the outcomes of a round.
 *
 * @param references - The outcomes of its collected chunks, in the order of the chunks; verified while they are read.
 */
export async function openRoundOutcomes(
  store: Store,
  references: readonly StoreReference[]
): Promise<OutcomeCursor> {
  const batches = readBatches(store, references);
  let lines: readonly Line[] = [];
  let index = 0;
  let outcome = NOTHING;

  const moveTo = (line: Line): void => {
    const next = parseOutcomeLine(line.bytes);
    const ascends = next !== null && (outcome === NOTHING || next.position > outcome.position);
    if (!ascends) {
      throw failure(
        'MessageBatch.StoreDamaged',
        `Line ${line.number} of a chunk's outcomes in the store is damaged.`
      );
    }
    outcome = next;
  };
  const cursor: OutcomeCursor = {
    get position() {
      return outcome.position;
    },
    get outcome() {
      return outcome;
    },
    next: () => {
      const line = lines[++index];
      if (line === undefined) return false;
      moveTo(line);
      return true;
    },
    refill: async () => {
      const batch = await batches.next();
      lines = batch.done ? [] : batch.value;
      index = 0;
      const [line] = lines;
      if (line) moveTo(line);
      else outcome = NOTHING;
    },
    close: async () => {
      await batches.return();
    },
  };
  await cursor.refill();
  return cursor;
}

/** Never yields an empty batch. */
async function* readBatches(
  store: Store,
  references: readonly StoreReference[]
): AsyncGenerator<Line[], void, undefined> {
  for (const reference of references) {
    yield* readLines(store.readVerified(reference), { lineBytesMax: OUTCOME_BYTES_MAX });
  }
}
