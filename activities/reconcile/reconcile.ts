/**
 * `messageBatchReconcile`: finds out what became of a POST whose answer was lost. A guess never pays.
 *
 * One search: list the batches back to the intent, keep those that could be the chunk's, and read the results of those
 * that have ended.
 *
 * @module
 */
import type { ReconcileInput, Reconciliation } from '../../src/contract/activities';
import { isMessageBatchFailure } from '../../src/contract/failures';
import { BATCH_LIFETIME_MS } from '../../src/contract/limits';
import { decideReconcile, type Candidate } from '../../src/core/reconcile/reconcile';
import { readWireIdPrefix } from '../../src/records/job-tag';
import { readChunk } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';
import { retrieveBatch } from '../api/batch-answer';
import { callerOf, type Caller } from '../api/call-api';
import { adoptBatch } from '../submissions/adopt';
import type { BatchTimes } from '../submissions/batch-record';
import { closeIntentsAsAbsent, type Intent } from '../submissions/intents';
import {
  readSubmissionState,
  toSubmission,
  type SubmissionState,
} from '../submissions/submission-state';
import { findCandidates, toLostPost } from '../orphans/candidates';
import { recordDuplicate } from '../orphans/duplicates';
import type { ActivityDeps } from '../worker/deps';
import { throttledHeartbeat } from '../worker/heartbeat';
import { assertRightWorker } from '../worker/right-worker';

/** Creates the Activity. It can be called again at any time. */
export function createReconcile(
  deps: ActivityDeps
): (input: ReconcileInput) => Promise<Reconciliation> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    const { requests } = await readChunk(deps.store, input);
    const state = await readSubmissionState(deps.store, input);
    if (state.state !== 'open') return toKnown(state, requests);
    const lost = { requests, intents: state.intents };
    return search(deps.store, input, callerOf(client, input), lost);
  };
}

/** The answer was recorded late after all, or an operator has decided. */
function toKnown(
  state: Exclude<SubmissionState, { state: 'open' }>,
  requests: number
): Reconciliation {
  const submission = toSubmission(state, requests);
  if (submission.state === 'unknown') throw new Error('Expected no open intents.');
  return submission;
}

interface LostSubmission {
  readonly requests: number;
  readonly intents: readonly Intent[];
}

async function search(
  store: Store,
  input: ReconcileInput,
  caller: Caller,
  { requests, intents }: LostSubmission
): Promise<Reconciliation> {
  const heartbeat = throttledHeartbeat();
  const posts = intents.map(toLostPost);
  const prefix = await readWireIdPrefix(store, input);
  const { lostAnswerWaitMs } = input.options;
  // A batch that appears before the chunk is submitted again can still be ours.
  const target = { store, chunk: input, caller, requests, posts, lateMs: lostAnswerWaitMs, prefix };
  const found = await findCandidates(target, heartbeat);
  const decided = decideReconcile({ posts, ...found, lostAnswerWaitMs });
  switch (decided.decision) {
    case 'adopt': {
      const { first, duplicates } = decided;
      for (const { batchId, createdAtMs } of duplicates) {
        const duplicate = { ...input, batchId, createdAtMs, requests };
        await recordDuplicate(store, caller, duplicate, heartbeat);
      }
      const times = await timesOf(caller, first);
      return adoptBatch(store, input, { intents, batchId: first.batchId, times, requests });
    }
    case 'absent':
      await closeIntentsAsAbsent(store, input, intents);
      return { state: 'none', requests };
    case 'wait':
      return { state: 'searching', requests, delayMs: decided.delayMs, batchIds: decided.batchIds };
    case 'ask':
      return { state: 'lost', requests, batchIds: decided.batchIds };
  }
}

/** A batch that was proven ours and then deleted is adopted too: the next status check reports that it is missing. */
async function timesOf(caller: Caller, { batchId, createdAtMs }: Candidate): Promise<BatchTimes> {
  try {
    return await retrieveBatch(caller, batchId);
  } catch (error) {
    if (!isMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) throw error;
    return {
      createdAt: new Date(createdAtMs).toISOString(),
      expiresAt: new Date(createdAtMs + BATCH_LIFETIME_MS).toISOString(),
    };
  }
}
