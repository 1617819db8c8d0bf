import type { ResolveInput, Submission } from '../../src/contract/activities';
import { failure, isMessageBatchFailure } from '../../src/contract/failures';
import { readChunk } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';
import { isBatchId, retrieveBatch, totalOf } from '../api/batch-answer';
import { callerOf, type Caller } from '../api/call-api';
import { adoptBatch } from '../submissions/adopt';
import { findOwner } from '../submissions/batch-record';
import { closeIntentsAsAbsent, earliestApiTime, type Intent } from '../submissions/intents';
import { readSubmissionState, toSubmission } from '../submissions/submission-state';
import type { ActivityDeps } from '../worker/deps';
import { assertRightWorker } from '../worker/right-worker';

/** A batch cannot be older than the intent that it came from; this much for clocks inside the API that disagree. */
const CREATED_BEFORE_INTENT_MS_MAX = 5 * 60 * 1000;

/**
 * Makes the Activity that takes a person's word on a submission of unknown end.
 *
 * `absent` closes the open intents; the chunk may then be submitted again. A batch's id is checked against what is known
 * of the chunk, as far as a batch can be told before its results are there.
 *
 * @throws ApplicationFailure `MessageBatch.Refused` when the word does not fit the facts; nothing is changed then.
 */
export function createResolve(deps: ActivityDeps): (input: ResolveInput) => Promise<Submission> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    const { requests } = await readChunk(deps.store, input);
    const standing = await readSubmissionState(deps.store, input);
    // Known by now: a late answer was recorded, or the word was given twice.
    if (standing.state === 'submitted') return toSubmission(standing, requests);
    const intents = standing.state === 'open' ? standing.intents : [];
    if (input.submission === 'absent') {
      await closeIntentsAsAbsent(deps.store, input, intents);
      return { state: 'none', requests };
    }
    return adopt({ store: deps.store, caller: callerOf(client, input), input, intents, requests });
  };
}

interface Adoption {
  readonly store: Store;
  readonly caller: Caller;
  readonly input: ResolveInput;
  readonly intents: readonly Intent[];
  readonly requests: number;
}

async function adopt(adoption: Adoption): Promise<Submission> {
  const { store, caller, input, intents, requests } = adoption;
  if (!isBatchId(input.submission)) {
    throw refused('Expected `absent` or the id of a batch, got neither.');
  }
  const batchId = input.submission;
  if (intents.length === 0) {
    throw refused(`No submission of chunk ${input.round}-${input.chunk} has an unknown end.`);
  }
  await assertNotTaken(store, input, batchId);
  const check = await find(caller, batchId);
  const total = totalOf(check);
  if (total !== requests) {
    throw refused(`The batch ${batchId} has ${total} requests, the chunk has ${requests}.`);
  }
  const earliestMs = Date.parse(earliestApiTime(intents)) - CREATED_BEFORE_INTENT_MS_MAX;
  if (Date.parse(check.createdAt) < earliestMs) {
    throw refused(`The batch ${batchId} is older than the submission whose end is unknown.`);
  }
  return adoptBatch(store, input, { intents, batchId, times: check, requests });
}

/** A batch that is known as another chunk's cannot be this one's too. */
async function assertNotTaken(store: Store, input: ResolveInput, batchId: string): Promise<void> {
  if ((await findOwner(store, input, batchId)) !== 'other') return;
  throw refused(`The batch ${batchId} belongs to another chunk.`);
}

async function find(caller: Caller, batchId: string): ReturnType<typeof retrieveBatch> {
  try {
    return await retrieveBatch(caller, batchId);
  } catch (error) {
    if (!isMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) throw error;
    throw refused(`The API knows no batch ${batchId}.`);
  }
}

function refused(message: string): Error {
  return failure('MessageBatch.Refused', message);
}
