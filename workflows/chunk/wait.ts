/**
 * Waiting for a batch: a durable sleep that grows with the batch's age, and a status check at the end of each.
 */
import type { BatchCheck, BatchInput, Submission } from '../../src/contract/activities';
import { findMessageBatchFailure } from '../../src/contract/failures';
import { backoffMs } from '../../src/core/wait/check-schedule';
import {
  applyAnswer,
  delayBeforeCheckMs,
  nextStep,
  startWatch,
  statusNote,
  type Answer,
  type Watch,
} from '../../src/core/wait/next-step';
import { durationText } from '../../src/core/view/duration';
import { priorityFor, shortCall } from '../common/calls';
import { sleepUnlessWoken } from '../common/control';
import { pauseUntilResolved, waitOrFail } from '../common/recovery';
import { isGivenUp } from './ask';
import type { Chunk } from './chunk-state';

export interface BatchEnd {
  /** The last check; null when a person has given the batch up. */
  readonly check: BatchCheck | null;
  /** Whether this job asked the API to cancel the batch. */
  readonly canceledByUs: boolean;
}

/** Waits until the batch has ended, and cancels it once when the job is being canceled. */
export async function waitForEnd(
  chunk: Chunk,
  batch: BatchInput,
  { createdAt, expiresAt }: Extract<Submission, { state: 'submitted' }>
): Promise<BatchEnd> {
  const { control } = chunk;
  const limits = {
    expiresAtMs: Date.parse(expiresAt),
    missingMsMax: batch.options.lostAnswerWaitMs,
  };
  let watch = startWatch(Date.parse(createdAt));
  for (let number = 1; ; number++) {
    await sleepUntilDue(chunk, batch, watch, number);
    const cancels = isCancelWanted(chunk, watch);
    const answer = await askApi(chunk, batch, { number, cancels, failures: watch.failures });
    watch = applyAnswer(watch, answer, cancels, Date.now());
    if (cancels && watch.canceledByUs) await chunk.change({ phase: 'canceling' });
    if (answer.kind === 'batch') await showStatus(chunk, statusNote(answer));
    const next = nextStep(watch, answer, cancels, Date.now(), limits);
    switch (next.step) {
      case 'ended':
        return { check: next.check, canceledByUs: watch.canceledByUs };
      case 'running':
        await chunk.setPause(null);
        break;
      case 'checkAgain':
        break;
      case 'overdue':
        await pauseForOverdue(chunk, batch);
        break;
      case 'retryCancel':
        await sleepUnlessWoken(control, backoffMs(1), { summary: 'not found, trying again' });
        break;
      case 'missingTooLong':
        if (await isGivenUp(chunk, lostText(batch)))
          return { check: null, canceledByUs: watch.canceledByUs };
    }
  }
}

async function showStatus(chunk: Chunk, note: string | null): Promise<void> {
  if (chunk.state.note !== note) await chunk.change({ note });
}

function isCancelWanted({ control }: Chunk, { canceledByUs }: Watch): boolean {
  return control.canceling && !canceledByUs;
}

/** Sleeps until the next check is due or wanted. A `resume` of a chunk that is not paused asks for no check. */
async function sleepUntilDue(
  chunk: Chunk,
  { batchId, options }: BatchInput,
  watch: Watch,
  number: number
): Promise<void> {
  const { control } = chunk;
  const { checks } = control;
  // A chunk that was paused has already waited long enough.
  if (chunk.state.pause !== null) return;
  const delayMs = delayBeforeCheckMs(number, Date.now() - watch.youngSinceMs, options);
  const summary = `check ${number} of ${batchId}, next in ${durationText(delayMs)}`;
  const dueMs = Date.now() + delayMs;
  const isWanted = (): boolean => control.checks !== checks || isCancelWanted(chunk, watch);
  for (let leftMs = delayMs; leftMs > 0 && !isWanted(); leftMs = dueMs - Date.now()) {
    await sleepUnlessWoken(control, leftMs, { summary });
  }
}

interface CheckAttempt {
  /** From 1. */
  readonly number: number;
  readonly cancels: boolean;
  /** Checks before this one that got no answer, in a row. */
  readonly failures: number;
}

/** Checks the batch's status, or cancels it, which answers with its status too. */
async function askApi(
  chunk: Chunk,
  batch: BatchInput,
  { number, cancels, failures }: CheckAttempt
): Promise<Answer> {
  try {
    const check = cancels
      ? await shortCall(`cancel ${batch.batchId}`).messageBatchCancel(batch)
      : await shortCall(
          `check ${number} of ${batch.batchId}`,
          priorityFor(chunk.state)
        ).messageBatchCheck(batch);
    return { kind: 'batch', check };
  } catch (error) {
    if (findMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) return { kind: 'notFound' };
    await waitOrFail(chunk, error, failures + 1);
    return { kind: 'noAnswer' };
  }
}

function lostText({ batchId }: BatchInput): string {
  return `The API no longer knows ${batchId}. Was it deleted, or does the key belong to another workspace?`;
}

async function pauseForOverdue(chunk: Chunk, { batchId }: BatchInput): Promise<void> {
  await pauseUntilResolved(chunk, {
    kind: 'batch',
    reason: `${batchId} is still running, hours after the API said it would expire. Check it in the Console.`,
  });
}
