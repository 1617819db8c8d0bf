import { failure } from '../../src/contract/failures';
import { LINE_BYTES_MAX } from '../../src/contract/limits';
import type { ChunkName } from '../../src/contract/names';
import type { StoreReference } from '../../src/contract/public';
import { chunkFiles } from '../../src/records/job-files';
import type { MemberLine } from '../../src/records/plan-records';
import { referenceAt } from '../../src/records/reference-at';
import { readLines } from '../../src/store/lines';
import type { Store } from '../../src/store/store';

/** The requests of a chunk, in the order of its body; numbers only, whatever the size of the requests. */
export interface Members {
  readonly count: number;
  /** Ascending. */
  readonly positions: Float64Array;
  readonly attempts: Uint16Array;
}

/** Reads `members.jsonl`. @throws ApplicationFailure `MessageBatch.StoreDamaged` when it is not what was written. */
export async function readMembers(
  store: Store,
  name: ChunkName & { readonly jobId: string },
  count: number,
  reference: StoreReference
): Promise<Members> {
  const key = chunkFiles(name.jobId, name).members;
  const positions = new Float64Array(count);
  const attempts = new Uint16Array(count);
  let at = 0;
  const source = store.readVerified(referenceAt(store, key, reference));
  for await (const lines of readLines(source, { lineBytesMax: LINE_BYTES_MAX })) {
    for (const { bytes } of lines) {
      const [position, attempt] = parseMember(bytes, key);
      positions[at] = position;
      attempts[at] = attempt;
      at++;
    }
  }
  if (at === count) return { count, positions, attempts };
  throw failure(
    'MessageBatch.StoreDamaged',
    `The object ${key} in the store has ${at} lines instead of ${count}.`
  );
}

/** A damaged line may not even parse, long before the hash at the end of the object reveals the damage. */
function parseMember(bytes: Buffer, key: string): MemberLine {
  try {
    return JSON.parse(bytes.toString('latin1')) as MemberLine;
  } catch {
    throw failure(
      'MessageBatch.StoreDamaged',
      `The object ${key} in the store has a damaged line.`
    );
  }
}

/** Finds the index of the member with a position; -1 when there is none. */
export function indexOfPosition({ count, positions }: Members, position: number): number {
  let low = 0;
  let high = count - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = positions[middle] ?? Number.POSITIVE_INFINITY;
    if (found === position) return middle;
    if (found < position) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
