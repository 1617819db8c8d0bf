const TICK_DELAY_MS = 1000;

/**
 * A moment on two clocks.
 *
 * The monotonic clock decides, since the wall clock can be set back. But it stops while a machine sleeps, and the wall
 * clock does not: the first one to reach the moment decides, because ending too early is safe and ending too late is not.
 */
export interface Moment {
  /** As `performance.now()` counts. */
  readonly monotonicMs: number;
  /** As `Date.now()` counts. */
  readonly wallMs: number;
}

export function momentIn(delayMs: number): Moment {
  return { monotonicMs: performance.now() + delayMs, wallMs: Date.now() + delayMs };
}

export function earlier(a: Moment, b: Moment): Moment {
  return {
    monotonicMs: Math.min(a.monotonicMs, b.monotonicMs),
    wallMs: Math.min(a.wallMs, b.wallMs),
  };
}

/** Time until a moment; not positive once it is over. */
export function msUntil({ monotonicMs, wallMs }: Moment): number {
  return Math.min(monotonicMs - performance.now(), wallMs - Date.now());
}

/** Time since a moment, on the clock that shows more: a machine that slept counts its sleep. */
export function msSince(moment: Moment): number {
  return Math.max(0, -msUntil(moment));
}

/** A running time limit. */
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
 * @param onTick - Called about once a second until the deadline is stopped or over; must not throw.
 */
export function startDeadline(at: Moment, onTick: () => void): Deadline {
  const controller = new AbortController();
  const leftMs = (): number => msUntil(at);
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
