import type { Submission } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import type { ChunkOfJob } from '../../src/records/job-files';
import type { Store } from '../../src/store/store';
import { recordBatch, type BatchTimes } from './batch-record';
import { closeIntent, closeIntentsAsAbsent, type Intent } from './intents';

export interface Adoption {
  /** The open intents of the chunk. */
  readonly intents: readonly Intent[];
  readonly batchId: string;
  readonly times: BatchTimes;
  readonly requests: number;
}

/**
 * Records that one of a chunk's open intents created a batch.
 *
 * Which of several intents it was does not matter: a chunk has one POST at a time, so the others sent nothing.
 *
 * @throws ApplicationFailure `MessageBatch.StoreUnavailable` (retryable) when the store could not be written.
 */
export async function adoptBatch(
  store: Store,
  chunk: ChunkOfJob,
  { intents, batchId, times: { createdAt, expiresAt }, requests }: Adoption
): Promise<Extract<Submission, { state: 'submitted' }>> {
  const intent = intents[0]?.name ?? '';
  const record = { batch_id: batchId, created_at: createdAt, expires_at: expiresAt, intent };
  if (!(await recordBatch(store, chunk, record))) {
    throw failure(
      'MessageBatch.StoreUnavailable',
      `The record of batch ${batchId} could not be written to the store.`
    );
  }
  await closeIntent(store, chunk, intent, 'accepted', batchId);
  await closeIntentsAsAbsent(store, chunk, intents.slice(1));
  return { state: 'submitted', batchId, createdAt, expiresAt, requests };
}
