/**
 * Watching a batch until it has ended: what each answer of the API means for the next step.
 *
 * @module
 */
import type { BatchCheck } from '../../contract/activities';
import { isOverdue, nextCheckDelayMs, type CheckSchedule } from './check-schedule';

/** What the Workflow remembers of a batch between two checks. */
export interface Watch {
  /** Checks are frequent after this time: the batch's creation, or the request to cancel it. */
  readonly youngSinceMs: number;
  /** Whether this job asked the API to cancel the batch. */
  readonly canceledByUs: boolean;
  /** Since when the API has not known the batch; null while it does. */
  readonly missingSinceMs: number | null;
  /** Checks in a row that got no answer. */
  readonly failures: number;
}

/** What the API said to a check, or to the call that cancels. */
export type Answer =
  | { readonly kind: 'batch'; readonly check: BatchCheck }
  | { readonly kind: 'notFound' }
  /** The call failed, and that has been waited out: the next check is another chance. */
  | { readonly kind: 'noAnswer' };

export type NextStep =
  | { readonly step: 'ended'; readonly check: BatchCheck }
  /** The batch is running: whatever the chunk was paused for is over. */
  | { readonly step: 'running' }
  /** Nothing new: ask again at the next check. */
  | { readonly step: 'checkAgain' }
  /** Running long after its expiry. */
  | { readonly step: 'overdue' }
  /** A batch that was just created can be unknown for moments: ask for its cancellation again soon. */
  | { readonly step: 'retryCancel' }
  | { readonly step: 'missingTooLong' };

export interface WatchLimits {
  readonly expiresAtMs: number;
  /** How long the API may not know the batch before the job pauses. */
  readonly missingMsMax: number;
}

export function startWatch(createdAtMs: number): Watch {
  return { youngSinceMs: createdAtMs, canceledByUs: false, missingSinceMs: null, failures: 0 };
}

/** @param cancels - Whether the answer is that of the call that cancels. */
export function applyAnswer(watch: Watch, answer: Answer, cancels: boolean, nowMs: number): Watch {
  switch (answer.kind) {
    case 'batch':
      return {
        youngSinceMs: cancels ? nowMs : watch.youngSinceMs,
        canceledByUs: watch.canceledByUs || cancels,
        missingSinceMs: null,
        failures: 0,
      };
    case 'notFound':
      return { ...watch, missingSinceMs: watch.missingSinceMs ?? nowMs };
    case 'noAnswer':
      return { ...watch, missingSinceMs: null, failures: watch.failures + 1 };
  }
}

/**
 * Decides what follows an answer.
 *
 * @param watch - As {@link applyAnswer} left it.
 */
export function nextStep(
  watch: Watch,
  answer: Answer,
  cancels: boolean,
  nowMs: number,
  { expiresAtMs, missingMsMax }: WatchLimits
): NextStep {
  switch (answer.kind) {
    case 'batch':
      if (answer.check.status === 'ended') return { step: 'ended', check: answer.check };
      return { step: isOverdue(expiresAtMs, nowMs) ? 'overdue' : 'running' };
    case 'notFound':
      if (nowMs - (watch.missingSinceMs ?? nowMs) > missingMsMax) return { step: 'missingTooLong' };
      return { step: cancels ? 'retryCancel' : 'checkAgain' };
    case 'noAnswer':
      return { step: 'checkAgain' };
  }
}

/** Says that a batch has a status that this version does not know; null when it has not. */
export function statusNote(answer: Answer): string | null {
  if (answer.kind !== 'batch' || answer.check.status !== 'unknown') return null;
  return `The API says that the batch is ${answer.check.unknownStatus ?? '(unreadable)'}, which this version does not know: waiting until it has ended.`;
}

/**
 * Delay before the `number`-th check, from 1.
 *
 * A batch that is no longer young when a Workflow meets it may have ended long ago: the first check comes at once.
 */
export function delayBeforeCheckMs(number: number, ageMs: number, schedule: CheckSchedule): number {
  if (number === 1 && ageMs > schedule.checkMinMs) return 0;
  return nextCheckDelayMs(Math.max(0, ageMs), schedule);
}
