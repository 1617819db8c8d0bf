/**
 * The Activities as Workflows call them: time-outs, retries, and the one line that the Temporal UI shows.
 */
import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { MessageBatchActivities, SubmitInput } from '../../src/contract/activities';
import type { ChunkState } from '../../src/contract/children';
import { isUrgent } from '../../src/core/wait/check-schedule';
import { ACTIVITY_ATTEMPTS_MAX, CHUNK_BYTES_MAX } from '../../src/contract/limits';

const MINUTE_MS = 60_000;

/** Every Activity heartbeats each two seconds, whatever it waits for: this long a silence is a Worker that was killed. */
const SILENCE_MS_MAX = 15_000;

/**
 * A short call. Temporal tries a few times; what then still fails is for the Workflow to decide.
 */
const SHORT: ActivityOptions = {
  startToCloseTimeout: 2 * MINUTE_MS,
  heartbeatTimeout: SILENCE_MS_MAX,
  retry: {
    initialInterval: 1_000,
    maximumInterval: 30_000,
    maximumAttempts: ACTIVITY_ATTEMPTS_MAX,
  },
};

/** Reads or writes whole files. */
const LONG: ActivityOptions = {
  startToCloseTimeout: 12 * 60 * MINUTE_MS,
  heartbeatTimeout: SILENCE_MS_MAX,
  retry: {
    initialInterval: 1_000,
    maximumInterval: 30_000,
    maximumAttempts: ACTIVITY_ATTEMPTS_MAX,
    // Counted by the Workflow: a crash in between must not use up a reading.
    nonRetryableErrorTypes: ['MessageBatch.ResultsIncomplete'],
  },
};

/** The one call that pays. One attempt: a second could pay twice. */
function submitOptions({ options }: SubmitInput): ActivityOptions {
  const postMs = options.submitTimeoutMs ?? 30_000 + (CHUNK_BYTES_MAX / 1_000_000) * 1_000;
  return {
    // Beside the POST: hashing the body, one list call, the records.
    startToCloseTimeout: postMs + 5 * MINUTE_MS,
    heartbeatTimeout: SILENCE_MS_MAX,
    retry: { maximumAttempts: 1 },
  };
}

export interface Call {
  /** True: before whatever else waits for a Worker, of this job and of others. */
  readonly urgent?: boolean;
}

/** How a chunk's batch is asked about: its results may be near their end. */
export function callAbout({ submittedAt }: ChunkState): Call {
  return { urgent: submittedAt !== null && isUrgent(Date.parse(submittedAt), Date.now()) };
}

/** The first of Temporal's five priorities. Other calls have that of their job: its starter may have set one. */
const FIRST: ActivityOptions = { priority: { priorityKey: 1 } };

function withOptions(
  options: ActivityOptions,
  summary: string,
  { urgent = false }: Call = {}
): MessageBatchActivities {
  const priority = urgent ? FIRST : {};
  return proxyActivities<MessageBatchActivities>({ ...options, ...priority, summary });
}

export function short(summary: string, call?: Call): MessageBatchActivities {
  return withOptions(SHORT, summary, call);
}

export function long(summary: string, call?: Call): MessageBatchActivities {
  return withOptions(LONG, summary, call);
}

export function submitting(input: SubmitInput, summary: string): MessageBatchActivities {
  return withOptions(submitOptions(input), summary);
}
