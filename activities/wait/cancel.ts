import type { BatchCheck, BatchInput } from '../../src/contract/activities';
import { callerOf } from '../api/call-api';
import { cancelBatch } from '../api/cancel-batch';
import { recordCancel } from '../submissions/cancel-record';
import type { ActivityDeps } from '../worker/deps';
import { assertRightWorker } from '../worker/right-worker';

/** Creates the Activity that asks the API to cancel a chunk's batch. It can be called again at any time. */
export function createCancel(deps: ActivityDeps): (input: BatchInput) => Promise<BatchCheck> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    // Written first: a later execution that finds the batch canceled must know that this job asked for it.
    await recordCancel(deps.store, input);
    return cancelBatch(callerOf(client, input), input.batchId);
  };
}
