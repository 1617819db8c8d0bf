import type { BatchCheck } from '../../src/contract/activities';
import {
  findMessageBatchFailure,
  isMessageBatchFailure,
  type FailureDetails,
} from '../../src/contract/failures';
import { batchPath, parseBatch, retrieveBatch } from './batch-answer';
import { callJson, type Caller } from './call-api';

/**
 * Asks the API to cancel a batch. Asking again changes nothing.
 *
 * How the API answers when the batch has already ended is not documented. So a refusal is followed by a status check: if
 * the batch has ended or is being canceled, the request had its effect.
 *
 * @throws ApplicationFailure of the table in `http-failures.ts`.
 */
export async function cancelBatch(caller: Caller, batchId: string): Promise<BatchCheck> {
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
}

function isConflict(error: unknown): boolean {
  const [details] = (findMessageBatchFailure(error)?.details ?? []) as FailureDetails[];
  return details?.status === 409;
}
