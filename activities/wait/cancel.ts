import type { BatchCheck, BatchInput } from '../../src/contract/activities';
import { isMessageBatchFailure } from '../../src/contract/failures';
import { batchPath, parseBatch, retrieveBatch } from '../api/batch-answer';
import { callJson, callerOf } from '../api/call-api';
import { recordCancel } from '../submissions/cancel-record';
import type { ActivityDeps } from '../worker/deps';
import { assertRightWorker } from '../worker/right-worker';

/**
 * Makes the Activity that asks the API to cancel a batch. Asking again changes nothing.
 *
 * What the API says to the cancellation of a batch that has ended is not documented: a refusal is followed by a look, and
 * a batch that ended or is being canceled is what was wanted.
 */
export function createCancel(deps: ActivityDeps): (input: BatchInput) => Promise<BatchCheck> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    const caller = callerOf(client, input);
    const { batchId } = input;
    // Written first: whoever finds the batch canceled later must know that we wanted it.
    await recordCancel(deps.store, input);
    const context = { what: `the cancellation of batch ${batchId}`, batchId };
    try {
      const path = batchPath(batchId, '/cancel');
      const { body } = await callJson(caller, { method: 'post', path, ...context });
      return parseBatch(body, context).check;
    } catch (error) {
      if (!isMessageBatchFailure(error, 'MessageBatch.Refused') && !isConflict(error)) throw error;
      const check = await retrieveBatch(caller, batchId);
      if (check.status === 'in_progress') throw error;
      return check;
    }
  };
}

function isConflict(error: unknown): boolean {
  const details = (error as { details?: readonly { status?: unknown }[] }).details;
  return details?.[0]?.status === 409;
}
