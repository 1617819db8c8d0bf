import { Context } from '@temporalio/activity';

const HEARTBEAT_DELAY_MS_MIN = 1000;

/** What each running Activity has said last: the pulse in between repeats it. */
const said = new WeakMap<Context, unknown>();

export function lastDetails(context: Context): unknown {
  return said.get(context);
}

/**
 * Makes the heartbeat of one Activity run, to be called from inside it as often as its loops go round.
 *
 * A heartbeat goes out at most once a second. Cancellation is only seen by an Activity that heartbeats, so this is also
 * where a canceled Activity stops.
 *
 * @returns A function that takes the details, plain JSON without user data.
 * @throws CancelledFailure (from the returned function) once the Activity was canceled.
 */
export function throttledHeartbeat(): (details: unknown) => void {
  const context = Context.current();
  let dueAtMs = 0;
  return (details) => {
    context.cancellationSignal.throwIfAborted();
    // The monotonic clock: a wall clock that is set back would silence the Activity.
    const nowMs = performance.now();
    if (nowMs < dueAtMs) return;
    dueAtMs = nowMs + HEARTBEAT_DELAY_MS_MIN;
    said.set(context, details);
    context.heartbeat(details);
  };
}
