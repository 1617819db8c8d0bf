import { setTimeout } from 'node:timers/promises';
import { toRecordText } from '../../src/records/record-text';
import type { Store } from '../../src/store/store';

/** A full disk is cleared, or an S3 bucket answers again, within seconds or not at all. */
const RETRY_DELAYS_MS = [100, 400, 1500];

/** Writes a record, trying a few times. @returns false when the store could not be written. */
export async function tryWriteRecord(store: Store, key: string, record: object): Promise<boolean> {
  for (const delayMs of [...RETRY_DELAYS_MS, null]) {
    try {
      await store.write(key, toRecordText(record));
      return true;
    } catch {
      if (delayMs === null) break;
      await setTimeout(delayMs);
    }
  }
  return false;
}
