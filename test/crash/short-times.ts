/**
 * Workflow interceptors for tests that kill: Temporal notices a vanished Worker after seconds, where it takes a minute in
 * real life, and no wait is longer than a second. Everything else of the Workflows is as it is.
 */
import type { ActivityOptions, WorkflowInterceptorsFactory } from '@temporalio/workflow';

const WAIT_MS_MAX = 1000;
const HEARTBEAT_MS = 2000;
const ACTIVITY_MS = 5000;
const RETRY_MS = 200;

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity: (input, next) => next({ ...input, options: shorten(input.options) }),
      startTimer: (input, next) =>
        next({ ...input, durationMs: Math.min(input.durationMs, WAIT_MS_MAX) }),
      startChildWorkflowExecution: (input, next) =>
        next({ ...input, options: { ...input.options, workflowTaskTimeout: HEARTBEAT_MS } }),
    },
  ],
});

function shorten(options: ActivityOptions): ActivityOptions {
  const long = options.heartbeatTimeout !== undefined;
  return {
    ...options,
    ...(long ? { heartbeatTimeout: HEARTBEAT_MS } : { startToCloseTimeout: ACTIVITY_MS }),
    retry: { ...options.retry, initialInterval: RETRY_MS, maximumInterval: WAIT_MS_MAX },
  };
}
