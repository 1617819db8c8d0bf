/**
 * When to check a batch: often while it is young, rarely later.
 *
 * The delay is half the batch's age, between `checkMin` and `checkMax`: each check is 1.5 times as late as the one before.
 * With the defaults (30 s, 15 min) that is 104 checks in 24 hours. It depends on the age alone, so that the job can show
 * when the next check is due, although its chunks do the checking.
 *
 * @module
 */
import { EXPIRY_GRACE_MS, RESULTS_LIFETIME_MS, RESULTS_URGENT_MS } from '../../contract/limits';

export interface CheckSchedule {
  readonly checkMinMs: number;
  readonly checkMaxMs: number;
}

/** @param ageMs - Time since the batch was created, or since its cancellation was requested. */
export function nextCheckDelayMs(ageMs: number, { checkMinMs, checkMaxMs }: CheckSchedule): number {
  return Math.round(Math.min(checkMaxMs, Math.max(checkMinMs, ageMs / 2)));
}

/** About when the check after `nowMs` is due, by the schedule alone. */
export function nextCheckAtMs(sinceMs: number, nowMs: number, schedule: CheckSchedule): number {
  let atMs = sinceMs + nextCheckDelayMs(0, schedule);
  while (atMs <= nowMs) {
    const delayMs = nextCheckDelayMs(atMs - sinceMs, schedule);
    // At the maximum all delays are equal: skip them together, not one by one.
    atMs +=
      delayMs === schedule.checkMaxMs
        ? delayMs * Math.max(1, Math.ceil((nowMs + 1 - atMs) / delayMs))
        : delayMs;
  }
  return atMs;
}

/** Whether a running batch should have expired long ago. */
export function isOverdue(expiresAtMs: number, nowMs: number): boolean {
  return nowMs > expiresAtMs + EXPIRY_GRACE_MS;
}

/** Whether the API will soon remove the results of a batch: they are then collected before all other work. */
export function isUrgent(createdAtMs: number, nowMs: number): boolean {
  return nowMs > createdAtMs + RESULTS_LIFETIME_MS - RESULTS_URGENT_MS;
}

/** Delay before the round after `round`: doubles each time. */
export function retryDelayMs(round: number, firstDelayMs: number): number {
  return firstDelayMs * 2 ** Math.min(round - 1, 10);
}

/** Delay after the `failures`-th failure in a row of something that will work again by itself: 2 s to 5 min. */
export function backoffMs(failures: number): number {
  return Math.min(5 * 60_000, 2_000 * 3 ** Math.min(failures - 1, 6));
}
