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

/** Stands on one outcome until it is moved. */
export interface OutcomeCursor {
  /** Position of the outcome that it stands on; Infinity behind the last one. */
  readonly position: number;
  readonly outcome: OutcomeLine;
  /** Moves on. @returns false when that takes a read: then call `refill`. */
  next(): boolean;
  /** Reads on until it stands on an outcome, or behind the last one. */
  refill(): Promise<void>;
  close(): Promise<void>;
}

const NOTHING: OutcomeLine = { position: Infinity, attempt: 0, result: Buffer.alloc(0) };

/** Room for a result of the API's largest size and what stands around it. */
const OUTCOME_BYTES_MAX = LINE_BYTES_MAX + 1024;

/**
 * Opens the outcomes of a round.
 *
 * @param references - Those of its collected chunks, in the order of the chunks; verified while they are read.
 */
export async function openRoundOutcomes(
  store: Store,
  references: readonly StoreReference[]
): Promise<OutcomeCursor> {
  const batches = readBatches(store, references);
  let lines: readonly Line[] = [];
  let index = 0;
  let outcome = NOTHING;

  const stand = (line: Line): void => {
    const next = parseOutcomeLine(line.bytes);
    const ascends = next !== null && (outcome === NOTHING || next.position > outcome.position);
    if (!ascends) {
      throw failure(
        'MessageBatch.StoreDamaged',
        `Line ${line.number} of a chunk's outcomes is not what it should be.`
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
      stand(line);
      return true;
    },
    refill: async () => {
      const batch = await batches.next();
      lines = batch.done ? [] : batch.value;
      index = 0;
      const [line] = lines;
      if (line) stand(line);
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
