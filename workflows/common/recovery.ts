/**
 * Carries a step through every failure that waiting can get past.
 *
 * Why: docs/decisions/010-pause-not-fail.md
 */
import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  ServerFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { findMessageBatchFailure } from '../../src/contract/failures';
import type { Pause } from '../../src/contract/public';
import { backoffMs } from '../../src/core/wait/check-schedule';
import { durationText } from '../../src/core/view/duration';
import { reaction } from '../../src/core/wait/reaction';
import { resumesFor, sleepUnlessWoken, type Control } from './control';

/** A Workflow, or a part of one, that can pause. */
export interface Pausable {
  readonly control: Control;
  /** Shows why this Workflow is paused, or, with null, that it continues. Setting the same pause again does nothing. */
  readonly setPause: (pause: Pause | null) => Promise<void>;
  /** Delay after which a pause that other Workers can lift is tried again. */
  readonly retryMs: number;
}

/** Repeats a step until it answers, with waits and pauses in between. */
export async function retryUntilAnswered<T>(
  pausable: Pausable,
  step: () => Promise<T>
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      const answer = await step();
      if (failures > 1) await pausable.setPause(null);
      return answer;
    } catch (error) {
      await waitOrFail(pausable, error, failures);
    }
  }
}

/**
 * Waits until it makes sense to try again after an error.
 *
 * @throws the error's own failure when no waiting helps.
 */
export async function waitOrFail(
  pausable: Pausable,
  error: unknown,
  failures: number
): Promise<void> {
  const found = findMessageBatchFailure(error);
  const next = reaction(found?.type ?? (isRetryable(error) ? 'retryable' : 'unknown'));
  switch (next.do) {
    case 'retry': {
      const delayMs = Math.max(backoffMs(failures), retryAfterMs(found));
      const summary = `again after ${found?.type ?? causeName(error)}`;
      await sleepUnlessWoken(pausable.control, delayMs, { summary });
      return;
    }
    case 'pause':
      await pauseUntilResolved(pausable, { kind: next.kind, reason: found?.message ?? '' });
      return;
    case 'fail':
      throw found === null ? error : ApplicationFailure.fromError(found);
  }
}

/**
 * Pauses with a reason until a person resumes or cancels.
 *
 * What can pass by itself (another Worker, a batch that the API shows again) is tried again after a while; its pause
 * lasts until the try has worked.
 */
export async function pauseUntilResolved(pausable: Pausable, pause: Pause): Promise<void> {
  const { control, retryMs } = pausable;
  // Read before setPause: a resume can arrive in the same Workflow Task as the acknowledgment of our Signal.
  const { canceling } = control;
  const resumes = resumesFor(control, pause.kind);
  const isOver = (): boolean =>
    resumesFor(control, pause.kind) !== resumes || control.canceling !== canceling;
  await pausable.setPause(pause);
  if (pause.kind === 'worker' || pause.kind === 'batch') {
    if (!isOver()) {
      const summary = `paused (${pause.kind}), next try in ${durationText(retryMs)}`;
      await sleepUnlessWoken(control, retryMs, { summary }, pause.kind);
    }
    return;
  }
  await condition(isOver);
  await pausable.setPause(null);
}

export function isSamePause(a: Pause | null, b: Pause | null): boolean {
  return a?.kind === b?.kind && a?.reason === b?.reason;
}

/** The delay that the API asked for when it refused the call. */
function retryAfterMs(found: ApplicationFailure | null): number {
  const details = found?.details?.[0] as { retryAfterMs?: unknown } | undefined;
  return typeof details?.retryAfterMs === 'number' ? details.retryAfterMs : 0;
}

/**
 * Whether an Activity failed in a way that no table knows and that may pass by itself: its Worker died, hung, or was
 * stopped by SIGTERM, which ends the Activity with a failure of the SDK's own.
 */
function isRetryable(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause } = error;
  if (cause instanceof TimeoutFailure) return true;
  const isFailure = cause instanceof ApplicationFailure || cause instanceof ServerFailure;
  return isFailure && cause.nonRetryable !== true;
}

/** Names a failure outside the table for the timer after it. */
function causeName(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (cause instanceof TimeoutFailure) return 'a time-out';
  const type = cause instanceof ApplicationFailure ? cause.type : null;
  // The type may be any text, also one of a user's interceptor.
  return typeof type === 'string' && /^\w{1,60}$/.test(type) ? type : 'a failure';
}
