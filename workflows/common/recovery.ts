/**
 * Carries a step through everything that can be waited out.
 *
 * Three ways an Activity fails: by itself it will work again soon (wait, try again), a person or another Worker must
 * help (pause, say why, try again), or nothing can (the Workflow fails).
 *
 * Why: docs/decisions/010-pause-not-fail.md
 */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { Pause } from '../../src/contract/public';
import { backoffMs } from '../../src/core/wait/check-schedule';
import { FAILURES, findMessageBatchFailure } from '../../src/contract/failures';
import { rest, type Control } from './control';

export interface Standing {
  readonly control: Control;
  /** Publishes why this Workflow is paused; null: it continues. Setting the same pause again does nothing. */
  readonly setPause: (pause: Pause | null) => Promise<void>;
  /** Delay after which a pause that other Workers can lift is tried again. */
  readonly retryMs: number;
}

/** Runs a step until it gives an answer. */
export async function persist<T>(standing: Standing, step: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      const answer = await step();
      if (failures > 1) await standing.setPause(null);
      return answer;
    } catch (error) {
      await overcome(standing, error, failures);
    }
  }
}

/**
 * Waits until it makes sense to try again after an error.
 *
 * @throws the error's own failure when no waiting helps.
 */
export async function overcome(
  standing: Standing,
  error: unknown,
  failures: number
): Promise<void> {
  const found = findMessageBatchFailure(error);
  if (found !== null) {
    const row = FAILURES[found.type];
    if (row.pause !== null) {
      await standStill(standing, { kind: row.pause, reason: found.message });
      return;
    }
    if (!row.retryable) throw ApplicationFailure.fromError(found);
  } else if (!isTimeout(error)) {
    throw error;
  }
  const delayMs = Math.max(backoffMs(failures), retryAfterMs(found));
  await rest(standing.control, delayMs, { summary: `again after ${found?.type ?? 'a time-out'}` });
}

/**
 * Pauses with a reason until a Signal resumes or cancels.
 *
 * What can pass by itself (another Worker, a batch that the API shows again) is tried again after a while; its pause
 * holds until the try has worked.
 */
export async function standStill(standing: Standing, pause: Pause): Promise<void> {
  const { control } = standing;
  // Read before setPause: a resume can arrive in the same Workflow Task as the acknowledgment of our Signal.
  const { resumes, canceling } = control;
  const nobodyHelps = (): boolean => control.resumes === resumes && control.canceling === canceling;
  await standing.setPause(pause);
  if (pause.kind === 'worker' || pause.kind === 'batch') {
    if (nobodyHelps()) {
      await rest(control, standing.retryMs, { summary: `paused: ${pause.kind}` });
    }
    return;
  }
  while (nobodyHelps()) await rest(control, null);
  await standing.setPause(null);
}

/**
 * Pauses for a batch that the API has lost.
 *
 * @returns true when a person has given it up.
 */
export async function standStillForBatch(standing: Standing, what: string): Promise<boolean> {
  const { control } = standing;
  const { resumes } = control;
  const reason = `${what} Resume with {"batch": "gone"} to give its requests up as missing.`;
  await standStill(standing, { kind: 'batch', reason });
  return control.resumes !== resumes && control.resumed.batch === 'gone';
}

export function isSamePause(a: Pause | null, b: Pause | null): boolean {
  return a?.kind === b?.kind && a?.reason === b?.reason;
}

/** The delay that the API asked for with its refusal. */
function retryAfterMs(found: ApplicationFailure | null): number {
  const details = found?.details?.[0] as { retryAfterMs?: unknown } | undefined;
  return typeof details?.retryAfterMs === 'number' ? details.retryAfterMs : 0;
}

/** A Worker that vanished or hung: its Activity ends by a time-out. */
export function isTimeout(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure;
}
