const PULSE_DELAY_MS = 1000;

/** A point in time at which something is ended, watched on two clocks. */
export interface Deadline {
  /** Aborted at the deadline. */
  readonly signal: AbortSignal;
  isOver(): boolean;
  /** Ends what the signal holds, before the deadline. */
  cut(): void;
  /** Ends the watching. */
  stop(): void;
}

/**
 * Starts to watch a deadline.
 *
 * The monotonic clock decides, since the wall clock can be set back. But it stands still while a machine sleeps, and the
 * wall clock does not: whichever is over first is right, because to end too early is safe and to end too late is not.
 *
 * @param deadlineAtMs - On the monotonic clock, `performance.now()`.
 * @param pulse - Called about once a second until the deadline is stopped or over; must not throw.
 */
export function startDeadline(deadlineAtMs: number, pulse: () => void): Deadline {
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
    pulse();
    timer = setTimeout(tick, Math.min(PULSE_DELAY_MS, Math.max(leftMs(), 1)));
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
