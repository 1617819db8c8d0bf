/**
 * Submitting a chunk: at most one paid batch, whatever happens.
 */
import { condition } from '@temporalio/workflow';
import { chunkLabel } from '../../src/contract/names';
import type { Submission, SubmitInput } from '../../src/contract/activities';
import type { Chunk } from './chunk-state';
import { sleepUnlessWoken, type Control } from '../common/control';
import { payingCall, shortCall } from '../common/calls';
import { backoffMs } from '../../src/core/wait/check-schedule';
import { pauseUntilResolved, retryUntilAnswered, waitOrFail } from '../common/recovery';
import { reconcile } from './reconcile';

type Submitted = Extract<Submission, { state: 'submitted' }>;

/**
 * Submits the chunk, or finds that an earlier execution did.
 *
 * @returns null when the job is being canceled and nothing of this chunk is at the API.
 */
export async function submitChunk(chunk: Chunk): Promise<Submitted | null> {
  const { control } = chunk;
  for (let failures = 1; ; failures++) {
    // A canceled job makes no new batch, but one whose answer was lost must be found all the same.
    const mayPost = !control.canceling && (await mayPayNow(chunk));
    if (!mayPost && !control.canceling) {
      failures = 0;
      continue;
    }
    try {
      const submission = await submitOnce(chunk, mayPost);
      if (submission.state === 'submitted') return await submitted(chunk, submission);
      if (submission.state === 'unknown') {
        const resolved = await reconcile(chunk, submission);
        if (resolved.state === 'submitted') return await submitted(chunk, resolved);
      }
      if (control.canceling) return null;
      // Nothing was sent: the store or the API was too slow for the deadline, or another attempt was under way.
      if (submission.state === 'none') await waitAgain(chunk, failures);
      else failures = 0;
    } catch (error) {
      // Also where the Worker stopped or died mid-submit: submit reads the records before it posts.
      await waitOrFail(chunk, error, failures);
    }
  }
}

async function waitAgain({ control, input }: Chunk, failures: number): Promise<void> {
  const summary = `chunk ${chunkLabel(input)} was not sent, again`;
  await sleepUnlessWoken(control, backoffMs(failures), { summary });
}

/** Whether the next paid call is allowed; if not, waits for a change first. */
async function mayPayNow(chunk: Chunk): Promise<boolean> {
  const { control, input } = chunk;
  if (control.pause !== null) {
    await condition(() => control.pause === null || control.canceling);
    return false;
  }
  const label = `chunk ${chunkLabel(input)}`;
  const permission = await retryUntilAnswered(chunk, () =>
    shortCall(`may ${label} be submitted?`).messageBatchPermit(input)
  );
  switch (permission.decision) {
    case 'go':
      // A pause or a cancellation may have arrived during the call.
      return !isHeld(control);
    case 'wait':
      await sleepUnlessWoken(control, permission.delayMs, {
        summary: `${label} waits: ${permission.reason}`,
      });
      return false;
    case 'pause':
      await pauseUntilResolved(chunk, { kind: 'permit', reason: permission.reason });
      return false;
  }
}

function isHeld({ pause, canceling }: Control): boolean {
  return pause !== null || canceling;
}

async function submitOnce(chunk: Chunk, mayPost: boolean): Promise<Submission> {
  if (chunk.state.phase !== 'submitting') await chunk.change({ phase: 'submitting' });
  const input: SubmitInput = { ...chunk.input, mayPost };
  const label = `chunk ${chunkLabel(input)}`;
  const summary = mayPost ? `submit ${label}` : `was ${label} submitted?`;
  return payingCall(input, summary).messageBatchSubmit(input);
}

async function submitted(chunk: Chunk, submission: Submitted): Promise<Submitted> {
  await chunk.change({
    phase: chunk.control.canceling ? 'canceling' : 'processing',
    batchId: submission.batchId,
    requests: submission.requests,
    submittedAt: submission.createdAt,
  });
  return submission;
}
