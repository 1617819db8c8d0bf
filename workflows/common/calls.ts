/**
 * The Activities as Workflows call them: time-outs, retries, and the summary that the Temporal UI shows.
 */
import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { MessageBatchActivities, SubmitInput } from '../../src/contract/activities';
import type { ChunkState } from '../../src/contract/children';
import { isUrgent } from '../../src/core/wait/check-schedule';
import {
  ACTIVITY_ATTEMPTS_MAX,
  CHUNK_BYTES_MAX,
  submitTimeoutMsDefault,
} from '../../src/contract/limits';

const MINUTE_MS = 60_000;

/** Every Activity heartbeats each two seconds, whatever it waits for: a longer silence means that its Worker was killed. */
const SILENCE_MS_MAX = 15_000;

/**
 * A short call. Temporal tries a few times; the Workflow decides about what still fails then.
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
    // The Workflow counts these. If Temporal retried them, a crash would use up one of the six reads.
    nonRetryableErrorTypes: ['MessageBatch.ResultsIncomplete'],
  },
};

/** The one call that pays. One attempt: a second could pay twice. */
function submitOptions({ options }: SubmitInput): ActivityOptions {
  const postMs = options.submitTimeoutMs ?? submitTimeoutMsDefault(CHUNK_BYTES_MAX);
  return {
    // Beside the POST: hashing the body, one list call, the records.
    startToCloseTimeout: postMs + 5 * MINUTE_MS,
    heartbeatTimeout: SILENCE_MS_MAX,
    retry: { maximumAttempts: 1 },
  };
}

export interface CallPriority {
  /** True: before everything else that waits for a Worker, of this job and of others. */
  readonly urgent?: boolean;
}

/** The priority of calls about a chunk's batch: the API may remove its results soon. */
export function priorityFor({ submittedAt }: ChunkState): CallPriority {
  return { urgent: submittedAt !== null && isUrgent(Date.parse(submittedAt), Date.now()) };
}

/** The first of Temporal's five priorities. Other calls inherit that of their job, which its starter may have set. */
const FIRST: ActivityOptions = { priority: { priorityKey: 1 } };

function withOptions(
  options: ActivityOptions,
  summary: string,
  { urgent = false }: CallPriority = {}
): MessageBatchActivities {
  return proxyActivities<MessageBatchActivities>({
    ...options,
    ...(urgent ? FIRST : {}),
    summary,
  });
}

export function shortCall(summary: string, priority?: CallPriority): MessageBatchActivities {
  return withOptions(SHORT, summary, priority);
}

export function longCall(summary: string, priority?: CallPriority): MessageBatchActivities {
  return withOptions(LONG, summary, priority);
}

export function payingCall(input: SubmitInput, summary: string): MessageBatchActivities {
  return withOptions(submitOptions(input), summary);
}
