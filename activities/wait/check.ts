import type { BatchCheck, BatchInput } from '../../src/contract/activities';
import { retrieveBatch } from '../api/batch-answer';
import { callerOf } from '../api/call-api';
import { ensureBatchRecord } from '../submissions/batch-record';
import type { ActivityDeps } from '../worker/deps';
import { assertRightWorker } from '../worker/right-worker';

/**
 * Creates the Activity that checks the status of a batch once.
 *
 * @throws ApplicationFailure `MessageBatch.BatchNotFound` (retryable: the API forgets young batches for a moment).
 */
export function createCheck(deps: ActivityDeps): (input: BatchInput) => Promise<BatchCheck> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    const check = await retrieveBatch(callerOf(client, input), input.batchId);
    // The history contains the batch id: a full disk does not fail a status check, and the next one writes the record.
    await ensureBatchRecord(deps.store, input, input.batchId, check).catch(() => undefined);
    return check;
  };
}
