/**
 * Heartbeats of a running Activity.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { MessageBatchActivities } from '../../src/contract/activities';

const HEARTBEAT_DELAY_MS_MIN = 1000;
const HEARTBEAT_DELAY_MS_MAX = 2000;

/** The last details of each running Activity: the heartbeats in between repeat them. */
const lastDetails = new WeakMap<Context, unknown>();

/**
 * Makes every Activity heartbeat for as long as it runs, also while it waits.
 *
 * So Temporal notices within seconds that a Worker died, and a slow API is not mistaken for that. A call or read that
 * hangs is ended by its own time limit, not by a missing heartbeat.
 */
export function withHeartbeats(activities: MessageBatchActivities): MessageBatchActivities {
  const beating = Object.entries(activities).map(([name, activity]) => [
    name,
    heartbeatAround(activity as Activity),
  ]);
  return Object.fromEntries(beating) as MessageBatchActivities;
}

/**
 * Creates the heartbeat function of one Activity run, for its loops to call in every iteration.
 *
 * It sends at most one heartbeat a second. Temporal delivers a cancellation only to an Activity that heartbeats, so a
 * canceled Activity stops here.
 *
 * @returns A function that takes the details: plain JSON without user data.
 * @throws CancelledFailure (from the returned function) once the Activity was canceled.
 */
export function throttledHeartbeat(): (details: unknown) => void {
  const context = Context.current();
  let dueAtMs = 0;
  return (details) => {
    context.cancellationSignal.throwIfAborted();
    // The monotonic clock: if the wall clock were set back, the heartbeats would stop.
    const nowMs = performance.now();
    if (nowMs < dueAtMs) return;
    dueAtMs = nowMs + HEARTBEAT_DELAY_MS_MIN;
    lastDetails.set(context, details);
    context.heartbeat(details);
  };
}

type Activity = (input: unknown) => Promise<unknown>;

function heartbeatAround(activity: Activity): Activity {
  return async (input) => {
    const context = Context.current();
    const timer = setInterval(() => {
      try {
        context.heartbeat(lastDetails.get(context));
      } catch {
        // The Activity has just ended.
      }
    }, HEARTBEAT_DELAY_MS_MAX);
    try {
      return await activity(input);
    } finally {
      clearInterval(timer);
    }
  };
}
