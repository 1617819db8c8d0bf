/**
 * How a job's small JSON records are written and read: each carries a hash of its own, so that a digit that flips is not
 * taken for what was written.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { failure } from '../contract/failures';
import type { Store } from '../store/store';

export type RecordSource = Pick<Store, 'readJson'>;

/** The bytes of a record. Its last member, `sha256`, is that of `JSON.stringify` of the others. */
export function toRecordText(record: object): string {
  return toText({ ...record, sha256: hashOf(record) });
}

/** The bytes of a JSON object that people read, without a hash. */
export function toText(object: object): string {
  return `${JSON.stringify(object, null, 2)}\n`;
}

/**
 * Reads a record and checks that it is one: by the one member that every record of its kind has, and by its hash where it
 * has one. `report.json` is for people and has none, nor has what the first versions wrote.
 *
 * @returns undefined when there is none.
 * @throws ApplicationFailure `MessageBatch.StoreDamaged` when something else lies there.
 */
export async function readRecord(
  store: RecordSource,
  key: string,
  member: string
): Promise<object | undefined> {
  const found = await store.readJson(key);
  if (found === undefined) return undefined;
  const record = withoutHash(found);
  if (record !== null && Object.hasOwn(record, member)) return record;
  throw failure(
    'MessageBatch.StoreDamaged',
    `The object ${key} in the store is not what it should be.`
  );
}

/** @returns null for what is no object, or not the one that was written. */
function withoutHash(found: unknown): object | null {
  if (typeof found !== 'object' || found === null) return null;
  if (!('sha256' in found)) return found;
  const { sha256, ...record } = found;
  return sha256 === hashOf(record) ? record : null;
}

function hashOf(record: object): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('hex');
}
