import type { BatchInput } from '../../src/contract/activities';
import { chunkFiles } from '../../src/records/job-files';
import { toRecordText } from '../../src/records/record-text';
import type { Store } from '../../src/store/store';

/**
 * Records (`cancel.json`) that this job asks the API to cancel a batch.
 *
 * A later execution that finds the batch canceled must know that its requests were stopped and did not fail. Best
 * effort: a full disk is no reason to let a batch run.
 */
export async function recordCancel(store: Store, input: BatchInput): Promise<void> {
  const { cancel } = chunkFiles(input.jobId, input);
  try {
    if ((await store.size(cancel)) !== undefined) return;
    const record = { batch_id: input.batchId, asked_at: new Date().toISOString() };
    await store.write(cancel, toRecordText(record));
  } catch {
    // This execution of the Workflow knows about the cancellation without the record.
  }
}

/** Whether this job has ever asked the API to cancel the batch of a chunk. */
export async function wasCanceled(store: Store, input: BatchInput): Promise<boolean> {
  return (await store.size(chunkFiles(input.jobId, input).cancel)) !== undefined;
}
