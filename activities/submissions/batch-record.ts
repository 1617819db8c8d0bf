/**
 * The record of a chunk's batch, and which chunk owns a batch.
 *
 * @module
 */
import type { BatchCheck } from '../../src/contract/activities';
import { batchOwnerFile, chunkFiles, type ChunkOfJob } from '../../src/records/job-files';
import { toRecordText } from '../../src/records/record-text';
import {
  readBatchRecord,
  readOwnerRecord,
  type BatchRecord,
  type OwnerRecord,
} from '../../src/records/submission-records';
import type { Store } from '../../src/store/store';
import { readIntents } from './intents';
import { tryWriteRecord } from './try-write-record';

/** When a batch was created and when it expires, on the API's clock. */
export type BatchTimes = Pick<BatchCheck, 'createdAt' | 'expiresAt'>;

/** Records the batch of a chunk, trying a few times. @returns false when the store could not be written. */
export async function recordBatch(
  store: Store,
  chunk: ChunkOfJob,
  batch: Omit<BatchRecord, 'recorded_at'>
): Promise<boolean> {
  const record: BatchRecord = { ...batch, recorded_at: new Date().toISOString() };
  await tryWriteRecord(store, batchOwnerFile(batch.batch_id), ownerRecord(chunk));
  return tryWriteRecord(store, chunkFiles(chunk.jobId, chunk).batch, record);
}

/**
 * Records the batch of a chunk if that failed when the API accepted it.
 *
 * @throws ApplicationFailure `MessageBatch.StoreUnavailable`.
 */
export async function ensureBatchRecord(
  store: Store,
  chunk: ChunkOfJob,
  batchId: string,
  { createdAt, expiresAt }: BatchTimes
): Promise<void> {
  const files = chunkFiles(chunk.jobId, chunk);
  if ((await readBatchRecord(store, files.batch)) !== undefined) return;
  const intents = await readIntents(store, chunk);
  const intent = intents.find(({ end }) => end?.batch_id === batchId) ?? intents.at(-1);
  const record: BatchRecord = {
    batch_id: batchId,
    created_at: createdAt,
    expires_at: expiresAt,
    intent: intent?.name ?? '',
    recorded_at: new Date().toISOString(),
  };
  await store.write(batchOwnerFile(batchId), toRecordText(ownerRecord(chunk)));
  await store.write(files.batch, toRecordText(record));
}

/**
 * Finds which chunk is recorded as the owner of a batch.
 *
 * @returns `own` for this chunk, also where its own record of the batch could not be written; `other` for any other chunk of
 * any job in this store; null when no owner is recorded.
 */
export async function findOwner(
  store: Store,
  { jobId, round, chunk }: ChunkOfJob,
  batchId: string
): Promise<'own' | 'other' | null> {
  const owner = await readOwnerRecord(store, batchOwnerFile(batchId));
  if (owner === undefined) return null;
  const isOwn = owner.job_id === jobId && owner.round === round && owner.chunk === chunk;
  return isOwn ? 'own' : 'other';
}

function ownerRecord({ jobId, round, chunk }: ChunkOfJob): OwnerRecord {
  return { job_id: jobId, round, chunk };
}
