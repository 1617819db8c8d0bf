/**
 * The pulse of a running Activity.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { MessageBatchActivities } from '../../src/contract/activities';
import { lastDetails } from './heartbeat';

const PULSE_DELAY_MS = 2000;

/**
 * Makes every Activity heartbeat for as long as it runs, whatever it waits for.
 *
 * So a Worker that was killed is missed within seconds, and one that waits for a slow API is not. What hangs is ended by
 * the time limit of each call and read, not by silence.
 */
export function withPulse(activities: MessageBatchActivities): MessageBatchActivities {
  const pulsing = Object.entries(activities).map(([name, activity]) => [
    name,
    pulseAround(activity as Activity),
  ]);
  return Object.fromEntries(pulsing) as MessageBatchActivities;
}

type Activity = (input: unknown) => Promise<unknown>;

function pulseAround(activity: Activity): Activity {
  return async (input) => {
    const context = Context.current();
    const timer = setInterval(() => {
      try {
        context.heartbeat(lastDetails(context));
      } catch {
        // The Activity has just ended.
      }
    }, PULSE_DELAY_MS);
    try {
      return await activity(input);
    } finally {
      clearInterval(timer);
    }
  };
}
