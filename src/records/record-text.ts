/**
 * How a job's small JSON records are written and read: each contains its own hash, so that a damaged record is noticed.
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

/** The bytes of a JSON object for people, without a hash. */
export function toText(object: object): string {
  return `${JSON.stringify(object, null, 2)}\n`;
}

/**
 * Reads a record and checks it: by a member that every record of its kind has, and by its hash if it has one.
 * `report.json` is for people and has none; neither have the records of the first versions.
 *
 * @returns undefined when there is none.
 * @throws ApplicationFailure `MessageBatch.StoreDamaged` when the object is not such a record.
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
    `The object ${key} in the store is damaged: it is not the record that was written there.`
  );
}

/** @returns null for a value that is not an object, or whose hash differs. */
function withoutHash(found: unknown): object | null {
  if (typeof found !== 'object' || found === null) return null;
  if (!('sha256' in found)) return found;
  const { sha256, ...record } = found;
  return sha256 === hashOf(record) ? record : null;
}

function hashOf(record: object): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('hex');
}
