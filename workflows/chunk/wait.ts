/**
 * Waiting for a batch: a durable sleep that grows with the batch's age, and a look at the end of each.
 */
import type { BatchCheck, BatchInput, Submission } from '../../src/contract/activities';
import {
  backoffMs,
  isOverdue,
  nextCheckDelayMs,
  type CheckSchedule,
} from '../../src/core/wait/check-schedule';
import { durationText } from '../../src/core/view/details';
import { findMessageBatchFailure } from '../../src/contract/failures';
import type { Chunk } from './chunk-state';
import { rest } from '../common/control';
import { callAbout, short } from '../common/calls';
import { overcome, standStill, standStillForBatch } from '../common/recovery';

export interface BatchEnd {
  /** The last look; null when a person has given the batch up. */
  readonly check: BatchCheck | null;
  /** Whether this job asked the API to cancel the batch. */
  readonly canceledByUs: boolean;
}

/** Waits until the batch has ended, and cancels it once when the job is being canceled. */
export async function awaitEnd(
  chunk: Chunk,
  batch: BatchInput,
  { createdAt, expiresAt }: Extract<Submission, { state: 'submitted' }>
): Promise<BatchEnd> {
  const { control } = chunk;
  let canceledByUs = false;
  let youngSinceMs = Date.parse(createdAt);
  let missingSinceMs: number | null = null;
  let failures = 0;
  for (let number = 1; ; number++) {
    const asksToCancel = control.canceling && !canceledByUs;
    // A chunk that was paused has already waited long enough.
    if (!asksToCancel && chunk.state.pause === null) {
      const delayMs = delayBeforeLook(number, Date.now() - youngSinceMs, batch.options);
      const summary = `check ${number} of ${batch.batchId}, next in ${durationText(delayMs)}`;
      await restUntilDue(chunk, delayMs, canceledByUs, summary);
    }
    const cancelsNow = control.canceling && !canceledByUs;
    const check = await look(chunk, batch, { number, cancels: cancelsNow, failures });
    if (check === 'missing') {
      missingSinceMs ??= Date.now();
      if (Date.now() - missingSinceMs > batch.options.lostAnswerWaitMs) {
        if (await isGivenUp(chunk, batch)) return { check: null, canceledByUs };
      } else if (cancelsNow) {
        await rest(control, backoffMs(1), { summary: 'not found, asking again' });
      }
      continue;
    }
    missingSinceMs = null;
    failures = check === null ? failures + 1 : 0;
    if (check === null) continue;
    if (cancelsNow) {
      canceledByUs = true;
      youngSinceMs = Date.now();
      await chunk.change({ phase: 'canceling' });
    }
    if (check.status === 'ended') return { check, canceledByUs };
    if (isOverdue(Date.parse(expiresAt), Date.now())) await sayOverdue(chunk, batch);
    else await chunk.setPause(null);
  }
}

/** A batch that is no longer young when this Workflow meets it may have ended long ago: the first look comes at once. */
function delayBeforeLook(number: number, ageMs: number, schedule: CheckSchedule): number {
  if (number === 1 && ageMs > schedule.checkMinMs) return 0;
  return nextCheckDelayMs(Math.max(0, ageMs), schedule);
}

/** Sleeps until the next check is due. A `resume` of a chunk that is not paused is no reason to check. */
async function restUntilDue(
  chunk: Chunk,
  delayMs: number,
  canceledByUs: boolean,
  summary: string
): Promise<void> {
  const { control } = chunk;
  const { checks } = control;
  const dueMs = Date.now() + delayMs;
  const wanted = (): boolean => control.checks !== checks || (control.canceling && !canceledByUs);
  for (let leftMs = delayMs; leftMs > 0 && !wanted(); leftMs = dueMs - Date.now()) {
    await rest(control, leftMs, { summary });
  }
}

/**
 * One look, or the call that cancels.
 *
 * @returns null when the API could not be asked now; the next look is another chance.
 */
async function look(
  chunk: Chunk,
  batch: BatchInput,
  { number, cancels, failures }: LookOptions
): Promise<BatchCheck | 'missing' | null> {
  try {
    return cancels
      ? await short(`cancel ${batch.batchId}`).messageBatchCancel(batch)
      : await short(
          `check ${number} of ${batch.batchId}`,
          callAbout(chunk.state)
        ).messageBatchCheck(batch);
  } catch (error) {
    if (findMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) return 'missing';
    await overcome(chunk, error, failures + 1);
    return null;
  }
}

interface LookOptions {
  /** From 1. */
  readonly number: number;
  readonly cancels: boolean;
  /** Looks before this one that got no answer, in a row. */
  readonly failures: number;
}

async function isGivenUp(chunk: Chunk, { batchId }: BatchInput): Promise<boolean> {
  return standStillForBatch(
    chunk,
    `The API no longer knows ${batchId}. Was it deleted, or does the key belong to another workspace?`
  );
}

async function sayOverdue(chunk: Chunk, { batchId }: BatchInput): Promise<void> {
  await standStill(chunk, {
    kind: 'batch',
    reason: `${batchId} still runs, hours after the API said it would expire. Look at it in the Console.`,
  });
}
