import type { BatchCheck, ResolveInput, Submission } from '../../src/contract/activities';
import { failure, isMessageBatchFailure } from '../../src/contract/failures';
import { chunkLabel } from '../../src/contract/names';
import { readChunk } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';
import { isBatchId, retrieveBatch, totalOf } from '../api/batch-answer';
import { callerOf, type Caller } from '../api/call-api';
import { adoptBatch } from '../submissions/adopt';
import { findOwner } from '../submissions/batch-record';
import {
  closeIntentsAsAbsent,
  knownBaseline,
  readIntents,
  type Intent,
} from '../submissions/intents';
import { readSubmissionState, toSubmission } from '../submissions/submission-state';
import type { ActivityDeps } from '../worker/deps';
import { assertRightWorker } from '../worker/right-worker';

/**
 * Creates the Activity that applies an operator's decision about a submission whose answer was lost.
 *
 * `absent` closes the open intents; the chunk may then be submitted again. The id of a batch is checked against the
 * chunk's records, as far as that is possible before the batch has results.
 *
 * @throws ApplicationFailure `MessageBatch.Refused` when the decision contradicts the records; nothing is changed then.
 */
export function createResolve(deps: ActivityDeps): (input: ResolveInput) => Promise<Submission> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    const { requests } = await readChunk(deps.store, input);
    const state = await readSubmissionState(deps.store, input);
    // Already decided: a late answer was recorded, or the decision arrived twice.
    if (state.state === 'submitted') return toSubmission(state, requests);
    const intents = state.state === 'open' ? state.intents : [];
    if (input.submission === 'absent') {
      await closeIntentsAsAbsent(deps.store, input, intents);
      return { state: 'none', requests };
    }
    const { store } = deps;
    return adopt({ store, caller: callerOf(client, input), input, intents, requests });
  };
}

interface Decision {
  readonly store: Store;
  readonly caller: Caller;
  readonly input: ResolveInput;
  readonly intents: readonly Intent[];
  readonly requests: number;
}

async function adopt(decision: Decision): Promise<Submission> {
  const { store, caller, input, intents, requests } = decision;
  if (!isBatchId(input.submission)) {
    throw refused('Expected `absent` or the id of a batch.');
  }
  const batchId = input.submission;
  if (intents.length === 0) {
    throw refused(`No answer to a submission of chunk ${chunkLabel(input)} was lost.`);
  }
  if ((await findOwner(store, input, batchId)) === 'other') {
    throw refused(`The batch ${batchId} belongs to another chunk.`);
  }
  const check = await retrieveOrRefuse(caller, batchId);
  const total = totalOf(check);
  // Some servers count a batch only when it has ended.
  if (check.status === 'ended' && total !== requests) {
    throw refused(`The batch ${batchId} has ${total} requests, the chunk has ${requests}.`);
  }
  if (knownBaseline(await readIntents(store, input))?.includes(batchId) === true) {
    throw refused(
      `The batch ${batchId} is older than the submission whose answer was lost: the API listed it before.`
    );
  }
  return adoptBatch(store, input, { intents, batchId, times: check, requests });
}

async function retrieveOrRefuse(caller: Caller, batchId: string): Promise<BatchCheck> {
  try {
    return await retrieveBatch(caller, batchId);
  } catch (error) {
    if (!isMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) throw error;
    throw refused(`The API does not know the batch ${batchId}.`);
  }
}

function refused(message: string): Error {
  return failure('MessageBatch.Refused', message);
}
