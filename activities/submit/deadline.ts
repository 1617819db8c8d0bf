const TICK_DELAY_MS = 1000;

/** A time limit, watched on two clocks. */
export interface Deadline {
  /** Aborted at the deadline. */
  readonly signal: AbortSignal;
  isOver(): boolean;
  /** Aborts the signal before the deadline. */
  cut(): void;
  /** Stops the clocks. */
  stop(): void;
}

/**
 * Starts a deadline.
 *
 * The monotonic clock decides, since the wall clock can be set back. But it stops while a machine sleeps, and the wall
 * clock does not: the first one to expire decides, because ending too early is safe and ending too late is not.
 *
 * @param deadlineAtMs - On the monotonic clock, `performance.now()`.
 * @param onTick - Called about once a second until the deadline is stopped or over; must not throw.
 */
export function startDeadline(deadlineAtMs: number, onTick: () => void): Deadline {
  const controller = new AbortController();
  const wallDeadlineAtMs = Date.now() + (deadlineAtMs - performance.now());
  const leftMs = (): number =>
    Math.min(deadlineAtMs - performance.now(), wallDeadlineAtMs - Date.now());
  const isOver = (): boolean => leftMs() <= 0;
  let timer: NodeJS.Timeout;
  const tick = (): void => {
    if (isOver()) {
      controller.abort();
      return;
    }
    onTick();
    timer = setTimeout(tick, Math.min(TICK_DELAY_MS, Math.max(leftMs(), 1)));
  };
  tick();
  return {
    signal: controller.signal,
    isOver,
    cut: () => {
      controller.abort();
    },
    stop: () => {
      clearTimeout(timer);
    },
  };
}
