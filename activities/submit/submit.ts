/**
 * `messageBatchSubmit`: submits one chunk, and pays for it at most once.
 *
 * An intent is written before anything is sent, and every other intent is read after that. If the end of one is unknown,
 * nothing is sent: the Workflow then reconciles. Safe to call again at any time.
 *
 * Why: docs/decisions/003-intents-not-locks.md
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import { setTimeout } from 'node:timers/promises';
import type { Submission, SubmitInput } from '../../src/contract/activities';
import { BATCH_LIFETIME_MS, submitTimeoutMsDefault } from '../../src/contract/limits';
import { chunkFiles } from '../../src/records/job-files';
import type { ChunkRecord } from '../../src/records/plan-records';
import { readChunk } from '../../src/records/plan-records';
import { referenceAt } from '../../src/records/reference-at';
import { callerOf, type Caller } from '../api/call-api';
import { probeApi } from '../api/probe';
import { recordBatch } from '../submissions/batch-record';
import {
  baselineOf,
  closeIntent,
  isOpen,
  openIntent,
  recordSocketClosed,
} from '../submissions/intents';
import {
  readSubmissionState,
  toSubmission,
  type SubmissionState,
} from '../submissions/submission-state';
import type { ActivityDeps } from '../worker/deps';
import { assertRightWorker } from '../worker/right-worker';
import { earlier, momentIn, msSince } from './deadline';
import { postBatch, type PostEnd } from './post-batch';

/** The API's `date` is rounded down to the second: its time may be this much later. */
const API_TIME_ERROR_MS = 1000;
/** Time between writing an intent and the start of the deadline: what reading the records takes beyond this shortens it. */
const RECORDS_MS_MAX = 30_000;
const WITHDRAWAL_DELAYS_MS = [100, 300, 600];

interface Attempt {
  readonly deps: ActivityDeps;
  readonly input: SubmitInput;
  readonly caller: Caller;
  readonly chunk: ChunkRecord;
}

/**
 * Creates the Activity.
 *
 * It fails only when certainly nothing was paid for; a lost answer is a result, not a failure.
 */
export function createSubmit(deps: ActivityDeps): (input: SubmitInput) => Promise<Submission> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    const chunk = await readChunk(deps.store, input);
    const state = await readSubmissionState(deps.store, input);
    if (state.state !== 'none' || !input.mayPost) return toSubmission(state, chunk.requests);
    return submitNow({ deps, input, caller: callerOf(client, input), chunk });
  };
}

async function submitNow(attempt: Attempt): Promise<Submission> {
  const { deps, input, chunk } = attempt;
  const body = referenceAt(deps.store, chunkFiles(input.jobId, input).body, chunk.body);
  // Every POST of a chunk sends the same bytes, so the hash of the body is verified.
  const copy = await deps.store.localCopy(body);
  try {
    return await submitFile(attempt, copy.path);
  } finally {
    await copy.release();
  }
}

async function submitFile(attempt: Attempt, path: string): Promise<Submission> {
  const { deps, input, caller, chunk } = attempt;
  const probedAt = momentIn(0);
  // Also the last check of the key and its workspace before anything is written.
  const probe = await probeApi(caller);
  const baseline = await baselineOf(deps.store, input, probe.newest);
  const timeoutMs = input.options.submitTimeoutMs ?? submitTimeoutMsDefault(chunk.body.bytes);
  const boundMs = timeoutMs + Math.min(timeoutMs, RECORDS_MS_MAX);
  // Taken before the intent: whatever happens from here on, sleep included, nothing is sent after this moment.
  const bound = momentIn(boundMs);
  const intent = await openIntent(deps.store, input, {
    api_time: probe.apiTime,
    // Counted from the API's time, which it read after `probedAt`.
    deadline_ms: Math.ceil(msSince(probedAt) + boundMs) + API_TIME_ERROR_MS,
    workspace_id: probe.workspaceId,
    organization_id: probe.organizationId,
    requests: chunk.requests,
    body_sha256: chunk.body.sha256,
    baseline,
    started_at: new Date().toISOString(),
  });

  // Of two attempts that both write first and list afterwards, at most one can see no other, whatever their clocks:
  // the later of the two writes comes before its own list, and the earlier one comes before that. So this needs no
  // lock and no conditional write, which not every storage has.
  const others = await readSubmissionState(deps.store, input, intent);
  if (others.state !== 'none') {
    await closeIntent(deps.store, input, intent, 'withdrawn');
    return toSubmission(await awaitWithdrawals(attempt), chunk.requests);
  }
  // If an operator has closed this intent as absent, the chunk may be submitted again at any moment.
  if (!(await isOpen(deps.store, input, intent))) return toSubmission(others, chunk.requests);

  // The attempt was canceled, so its caller assumes that nothing will be sent.
  if (Context.current().cancellationSignal.aborted) {
    await closeIntent(deps.store, input, intent, 'withdrawn');
    return { state: 'none', requests: chunk.requests };
  }
  const deadline = earlier(momentIn(timeoutMs), bound);
  const post = { path, baseline, deadline };
  const end = await postBatch(caller, post, () => {
    heartbeatQuietly({ phase: 'posting' });
  });
  if (end.end === 'unknown') {
    // The socket is closed by now: nothing of this POST can reach the API any more.
    const closedAfterMs = msSince(probedAt) + API_TIME_ERROR_MS;
    await recordSocketClosed(deps.store, input, intent, closedAfterMs);
  }
  return recordEnd(attempt, intent, probe.apiTime, end);
}

/** Waits a moment for the other attempts to close: two attempts that saw each other both withdraw, and nothing was sent. */
async function awaitWithdrawals({ deps, input }: Attempt): Promise<SubmissionState> {
  let state = await readSubmissionState(deps.store, input);
  for (const delayMs of WITHDRAWAL_DELAYS_MS) {
    if (state.state !== 'open') break;
    await setTimeout(delayMs);
    state = await readSubmissionState(deps.store, input);
  }
  return state;
}

/** Records how the POST ended. */
async function recordEnd(
  { deps, input, chunk }: Attempt,
  intent: string,
  apiTime: string,
  posted: PostEnd
): Promise<Submission> {
  const { store } = deps;
  const { requests } = chunk;
  switch (posted.end) {
    case 'accepted': {
      const { batchId } = posted;
      // The next status check writes the API's own times where its answer lacked them.
      const createdAt = posted.createdAt ?? apiTime;
      const expiresAt = posted.expiresAt ?? expiryOf(createdAt);
      // If the store is full, the id is still in the Activity's last heartbeat.
      heartbeatQuietly({ phase: 'accepted', batchId });
      const record = { batch_id: batchId, created_at: createdAt, expires_at: expiresAt, intent };
      // Either record is enough, and the result puts the id into the history: a failed write must not lose it.
      await recordBatch(store, input, record);
      await closeIntent(store, input, intent, 'accepted', batchId);
      return { state: 'submitted', batchId, createdAt, expiresAt, requests };
    }
    case 'refused':
      // If the intent cannot be closed, the next attempt has to reconcile first: slower, and as safe.
      await closeIntent(store, input, intent, 'refused');
      throw posted.failure;
    case 'withdrawn':
      await closeIntent(store, input, intent, 'withdrawn');
      return { state: 'none', requests };
    case 'unknown':
      return { state: 'unknown', requests, intents: [intent], since: apiTime };
  }
}

function expiryOf(createdAt: string): string {
  return new Date(Date.parse(createdAt) + BATCH_LIFETIME_MS).toISOString();
}

/** A failing heartbeat must not prevent recording the POST's answer. */
function heartbeatQuietly(details: object): void {
  try {
    Context.current().heartbeat(details);
  } catch {
    // If heartbeats keep failing, Temporal times the Activity out.
  }
}
