/**
 * `messageBatchReconcile`: finds out what became of a POST whose answer was lost. A guess never pays.
 *
 * One search: list the batches that were not listed before the chunk's first POST, and read the results of those that
 * have ended.
 *
 * @module
 */
import type { ReconcileInput, Reconciliation } from '../../src/contract/activities';
import { isMessageBatchFailure } from '../../src/contract/failures';
import { BATCH_LIFETIME_MS } from '../../src/contract/limits';
import { LIST_PAGES_MAX, type ListFlaw } from '../../src/core/reconcile/new-batches';
import {
  decideReconcile,
  emptyListLeftMs,
  type Candidate,
  type LostPost,
  type ReconcileDecision,
} from '../../src/core/reconcile/reconcile';
import { readWireIdPrefix } from '../../src/records/job-tag';
import { readChunk } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';
import { retrieveBatch } from '../api/batch-answer';
import { callerOf, type Caller } from '../api/call-api';
import { adoptBatch } from '../submissions/adopt';
import type { BatchTimes } from '../submissions/batch-record';
import {
  closeIntentsAsAbsent,
  knownBaseline,
  readIntents,
  recordListed,
  wereListed,
  type Intent,
} from '../submissions/intents';
import {
  readSubmissionState,
  toSubmission,
  type SubmissionState,
} from '../submissions/submission-state';
import { findCandidates } from '../orphans/candidates';
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
  /** Those without a known end. */
  readonly intents: readonly Intent[];
}

async function search(
  store: Store,
  input: ReconcileInput,
  caller: Caller,
  { requests, intents }: LostSubmission
): Promise<Reconciliation> {
  const heartbeat = throttledHeartbeat();
  const { options, searchedMs } = input;
  const listed = await wereListed(store, input, intents);
  const leftMs = emptyListLeftMs(intents.map(toLostPost), searchedMs, options.lostAnswerWaitMs);
  const baseline = knownBaseline(await readIntents(store, input));
  const prefix = await readWireIdPrefix(store, input);
  const target = { store, chunk: input, caller, baseline, late: listed, prefix };
  const found = await findCandidates(target, heartbeat);
  const decided = decideReconcile({ ...found, listed, leftMs });
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
      // In a busy workspace the list shows new batches all the time: from now on the search does not wait for them.
      if (leftMs <= 0 && !listed && found.flaw === null) await recordListed(store, input, intents);
      return { state: 'searching', requests, delayMs: decided.delayMs, batchIds: decided.batchIds };
    case 'ask':
      return { state: 'lost', requests, batchIds: decided.batchIds, reason: reasonOf(decided) };
  }
}

/** If the attempt vanished, it may have sent something until its deadline, which is not later than this. */
function toLostPost({ socketClosed, record }: Intent): LostPost {
  return { closedAfterMs: socketClosed ? 0 : record.deadline_ms };
}

const FLAW_TEXTS: Record<ListFlaw, string> = {
  noBaseline: 'The records do not say which batches the API listed before the submission.',
  incomplete: "The API's list of batches lacks `has_more`, `id` or `created_at`.",
  unordered: "The API's list of batches is not in the order of their creation.",
  tooLong: `The API's list of batches is longer than ${LIST_PAGES_MAX} pages.`,
};

function reasonOf({ flaw, batchIds }: Extract<ReconcileDecision, { decision: 'ask' }>): string {
  return flaw === null
    ? `${batchIds.join(', ')} may have been its batch, and cannot be read any more.`
    : `${FLAW_TEXTS[flaw]} So it does not prove whether a batch was created.`;
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
