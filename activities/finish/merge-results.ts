/**
 * Merges the outcomes of all rounds with the ids of all requests into `results.jsonl` and `failures.jsonl`.
 *
 * Every file is in ascending order of positions, so each is read or written once, sequentially.
 *
 * @module
 */
import { failure } from '../../src/contract/failures';
import { LINE_BYTES_MAX } from '../../src/contract/limits';
import type { StoreReference } from '../../src/contract/public';
import { failureTypeOf, type ResultType } from '../../src/core/collect/outcome';
import { resultTypeOf } from '../../src/core/collect/outcome-line';
import { readLines, type Line } from '../../src/store/lines';
import type { Store } from '../../src/store/store';
import { createWriter, type StoreWriter } from '../../src/store/writer';
import { openRoundOutcomes, type OutcomeCursor } from './round-outcomes';

export interface MergeInput {
  readonly store: Store;
  /** The `custom_id` of each request, a JSON string a line. */
  readonly ids: StoreReference;
  /** References to the outcomes of the collected chunks, by round and, within it, by chunk. */
  readonly rounds: readonly (readonly StoreReference[])[];
  /** Keys of the two files. */
  readonly resultsKey: string;
  readonly failuresKey: string;
  /** Asked before the two files get their names; false discards them. */
  readonly isStillWanted: () => Promise<boolean>;
  readonly onProgress: (requests: number) => void;
}

export interface Merged {
  readonly requests: number;
  /** By the type of each request's last result. */
  readonly counts: Readonly<Record<ResultType, number>>;
  /** How many of the canceled ones were never submitted. */
  readonly unsubmitted: number;
  readonly errorTypes: ReadonlyMap<string, number>;
  readonly results: StoreReference;
  readonly failures: StoreReference;
}

/**
 * Writes `results.jsonl` and `failures.jsonl`.
 *
 * Of several outcomes of one request, the one of the highest round counts. A request without one was never submitted.
 *
 * @returns null when the files were not wanted any more, and do not exist.
 */
export async function mergeResults(input: MergeInput): Promise<Merged | null> {
  const { store } = input;
  const results = createWriter(store, input.resultsKey);
  const failures = createWriter(store, input.failuresKey);
  const cursors: OutcomeCursor[] = [];
  try {
    for (const references of input.rounds) {
      cursors.push(await openRoundOutcomes(store, references));
    }
    const tally = createTally(results, failures);
    await mergeInto(tally, input, cursors, [results, failures]);
    if (cursors.some(({ position }) => position !== Infinity)) {
      throw failure(
        'MessageBatch.StoreDamaged',
        'The store has outcomes of requests that the job does not have.'
      );
    }
    if (!(await input.isStillWanted())) {
      await Promise.all([results.abort(), failures.abort()]);
      return null;
    }
    return { ...tally.result(), results: await results.end(), failures: await failures.end() };
  } catch (error) {
    await Promise.all([results.abort(), failures.abort()]);
    throw error;
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }
}

async function mergeInto(
  tally: Tally,
  { store, ids, onProgress }: MergeInput,
  cursors: readonly OutcomeCursor[],
  writers: readonly StoreWriter[]
): Promise<void> {
  let position = 0;
  for await (const lines of readLines(store.readVerified(ids), { lineBytesMax: LINE_BYTES_MAX })) {
    for (const id of lines) {
      let last: OutcomeCursor['outcome'] | null = null;
      for (const cursor of cursors) {
        if (cursor.position !== position) continue;
        last = cursor.outcome;
        if (!cursor.next()) await cursor.refill();
      }
      tally.add(id, last);
      if (writers.some(({ full }) => full)) await Promise.all(writers.map((each) => each.drain()));
      position++;
    }
    onProgress(position);
  }
}

interface Tally {
  add(id: Line, last: OutcomeCursor['outcome'] | null): void;
  result(): Pick<Merged, 'requests' | 'counts' | 'unsubmitted' | 'errorTypes'>;
}

const UNSUBMITTED = { attempt: 0, result: Buffer.from('{"type":"canceled"}') };

/** Writes one line for each request and counts it. */
function createTally(results: StoreWriter, failures: StoreWriter): Tally {
  const counts = { succeeded: 0, errored: 0, expired: 0, canceled: 0, missing: 0 };
  const errorTypes = new Map<string, number>();
  let requests = 0;
  let unsubmitted = 0;
  return {
    add: (id, last) => {
      const { attempt, result } = last ?? UNSUBMITTED;
      // A type that this version does not know counts as errored, as it did when it was collected.
      const type = resultTypeOf(result) ?? 'errored';
      requests++;
      counts[type]++;
      if (last === null) unsubmitted++;
      if (type === 'errored') count(errorTypes, failureTypeOf(parseResult(result)));
      const writer = type === 'succeeded' ? results : failures;
      writer.push('{"custom_id":');
      writer.push(id.bytes);
      writer.push(',"result":');
      writer.push(result);
      writer.push(type === 'succeeded' ? '}\n' : `,"attempts":${attempt}}\n`);
    },
    result: () => ({ requests, counts, unsubmitted, errorTypes }),
  };
}

/** A damaged result may not even parse, long before the hash at the end of the object reveals the damage. */
function parseResult(result: Buffer): unknown {
  try {
    return JSON.parse(result.toString());
  } catch {
    throw failure(
      'MessageBatch.StoreDamaged',
      'An outcome in the store has a result that is not JSON.'
    );
  }
}

function count(counters: Map<string, number>, name: string): void {
  counters.set(name, (counters.get(name) ?? 0) + 1);
}
