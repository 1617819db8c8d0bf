/**
 * Submits one chunk, and pays for it at most once.
 *
 * Before anything is sent, an intent is written; before that, every earlier intent is read. An intent whose end is not
 * known stops everything: finding out is the Workflow's business. Safe to call again at any time.
 *
 * Why: docs/decisions/003-intents-not-locks.md
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { Submission, SubmitInput } from '../../src/contract/activities';
import { chunkFiles } from '../../src/records/job-files';
import type { ChunkRecord } from '../../src/records/plan-records';
import { readChunk } from '../../src/records/plan-records';
import { referenceAt } from '../../src/records/reference-at';
import { callerOf, type Caller } from '../api/call-api';
import { probeApi } from '../api/probe';
import { recordBatch } from '../submissions/batch-record';
import { closeIntent, isOpen, openIntent, recordSocketClosed } from '../submissions/intents';
import {
  readSubmissionState,
  toSubmission,
  type SubmissionState,
} from '../submissions/submission-state';
import type { ActivityDeps } from '../worker/deps';
import { assertRightWorker } from '../worker/right-worker';
import { postBatch, type PostEnd } from './post-batch';

const TIMEOUT_MS_BASE = 30_000;
const TIMEOUT_MS_PER_MB = 1000;
const BYTES_PER_MB = 1_000_000;
/** The API's `date` has whole seconds, cut off: its time may be this much later than it says. */
const API_TIME_ERROR_MS = 1000;
const WITHDRAWAL_DELAYS_MS = [100, 300, 600];

/** What one attempt works with. */
interface Attempt {
  readonly deps: ActivityDeps;
  readonly input: SubmitInput;
  readonly caller: Caller;
  readonly chunk: ChunkRecord;
}

/**
 * Makes the Activity that submits a chunk.
 *
 * It fails only when it is certain that nothing was paid for; an end that is not known is an answer, not a failure.
 */
export function createSubmit(deps: ActivityDeps): (input: SubmitInput) => Promise<Submission> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    const chunk = await readChunk(deps.store, input);
    const standing = await readSubmissionState(deps.store, input);
    if (standing.state !== 'none' || !input.mayPost) return toSubmission(standing, chunk.requests);
    return submitNow({ deps, input, caller: callerOf(client, input), chunk });
  };
}

async function submitNow(attempt: Attempt): Promise<Submission> {
  const { deps, input, chunk } = attempt;
  const body = referenceAt(deps.store, chunkFiles(input.jobId, input).body, chunk.body);
  // Every POST of a chunk sends the same bytes: a body that changed is none.
  const copy = await deps.store.localCopy(body);
  try {
    return await submitFile(attempt, copy.path);
  } finally {
    await copy.release();
  }
}

async function submitFile(attempt: Attempt, path: string): Promise<Submission> {
  const { deps, input, caller, chunk } = attempt;
  const lookedAtMs = performance.now();
  // Also the last look at the key and its workspace before anything is written.
  const here = await probeApi(caller);
  const timeoutMs = input.options.submitTimeoutMs ?? defaultTimeoutMs(chunk.body.bytes);
  const deadlineAtMs = performance.now() + timeoutMs;
  const intent = await openIntent(deps.store, input, {
    api_time: here.apiTime,
    // Counted from the API's time, which is the time of a moment after `lookedAtMs`.
    deadline_ms: Math.ceil(deadlineAtMs - lookedAtMs) + API_TIME_ERROR_MS,
    workspace_id: here.workspaceId,
    organization_id: here.organizationId,
    requests: chunk.requests,
    body_sha256: chunk.body.sha256,
    started_at: new Date().toISOString(),
  });

  // Of two attempts that both write first and list afterwards, at most one can see no other, whatever their clocks:
  // the later of the two writes stands before its own list, and the earlier one stands before that. So this needs no
  // lock and no conditional write, which not every storage has.
  const others = await readSubmissionState(deps.store, input, intent);
  if (others.state !== 'none') {
    await closeIntent(deps.store, input, intent, 'withdrawn');
    return toSubmission(await lookAgain(attempt), chunk.requests);
  }
  // Closed by someone who took this attempt for dead: what they do next counts on it.
  if (!(await isOpen(deps.store, input, intent))) return toSubmission(others, chunk.requests);

  // Whoever gave this attempt up counts on nothing being sent by it.
  if (Context.current().cancellationSignal.aborted) {
    await closeIntent(deps.store, input, intent, 'withdrawn');
    return { state: 'none', requests: chunk.requests };
  }
  const post = { path, requests: chunk.requests, deadlineAtMs };
  const end = await postBatch(caller, post, () => {
    heartbeatQuietly({ phase: 'posting' });
  });
  if (end.end === 'unknown') {
    // The socket is closed by now: nothing of this POST can reach the API any more.
    const cutAfterMs = performance.now() - lookedAtMs + API_TIME_ERROR_MS;
    await recordSocketClosed(deps.store, input, intent, cutAfterMs);
  }
  return settle(attempt, intent, here.apiTime, end);
}

/**
 * Looks at the others until they are closed, for a moment: two attempts that saw each other have both withdrawn, and
 * nobody need be asked about them.
 */
async function lookAgain({ deps, input }: Attempt): Promise<SubmissionState> {
  let standing = await readSubmissionState(deps.store, input);
  for (const delayMs of WITHDRAWAL_DELAYS_MS) {
    if (standing.state !== 'open') break;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    standing = await readSubmissionState(deps.store, input);
  }
  return standing;
}

/** Writes down how the POST ended. */
async function settle(
  { deps, input, chunk }: Attempt,
  intent: string,
  apiTime: string,
  posted: PostEnd
): Promise<Submission> {
  const { store } = deps;
  const { requests } = chunk;
  switch (posted.end) {
    case 'accepted': {
      const { batchId, check } = posted;
      const { createdAt, expiresAt } = check;
      // A second place for the id, should the store be full: the Activity's last heartbeat.
      heartbeatQuietly({ phase: 'accepted', batchId });
      const record = { batch_id: batchId, created_at: createdAt, expires_at: expiresAt, intent };
      // Either record is enough, and the history holds the id as well: none of them is worth losing it.
      await recordBatch(store, input, record);
      await closeIntent(store, input, intent, 'accepted', batchId);
      return { state: 'submitted', batchId, createdAt, expiresAt, requests };
    }
    case 'refused':
      // An intent that could not be closed makes the next attempt find out first: slower, and as safe.
      await closeIntent(store, input, intent, 'refused');
      throw posted.failure;
    case 'withdrawn':
      await closeIntent(store, input, intent, 'withdrawn');
      return { state: 'none', requests };
    case 'unknown':
      return { state: 'unknown', requests, intents: [intent], since: apiTime };
  }
}

/** 30 seconds, and one more for each MB: a body of 250 MB takes a minute on a line of 33 Mbit/s. */
function defaultTimeoutMs(bytes: number): number {
  return TIMEOUT_MS_BASE + Math.ceil(bytes / BYTES_PER_MB) * TIMEOUT_MS_PER_MB;
}

/** Nothing may come between a POST and the record of its answer. */
function heartbeatQuietly(details: object): void {
  try {
    Context.current().heartbeat(details);
  } catch {
    // The Activity's time-out will tell, if it comes to that.
  }
}
