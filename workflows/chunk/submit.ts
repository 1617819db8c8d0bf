/**
 * Submitting a chunk: at most one paid batch, whatever happens.
 */
import { chunkLabel } from '../../src/contract/names';
import type { Submission, SubmitInput } from '../../src/contract/activities';
import type { Chunk } from './chunk-state';
import { rest, type Control } from '../common/control';
import { short, submitting } from '../common/calls';
import { isTimeout, overcome, persist, standStill } from '../common/recovery';
import { reconcile } from './reconcile';

type Submitted = Extract<Submission, { state: 'submitted' }>;

/**
 * Brings the chunk to the API, or finds that an earlier execution did.
 *
 * @returns null when the job is being canceled and nothing of this chunk is at the API.
 */
export async function submitChunk(chunk: Chunk): Promise<Submitted | null> {
  const { control } = chunk;
  for (let failures = 1; ; failures++) {
    // A canceled job submits no new batch, but it must still find a batch whose answer was lost.
    const mayPost = !control.canceling && (await mayPayNow(chunk));
    if (!mayPost && !control.canceling) continue;
    try {
      const submission = await submitOnce(chunk, mayPost);
      if (submission.state === 'submitted') return await submitted(chunk, submission);
      if (submission.state === 'unknown') {
        const resolved = await reconcile(chunk, submission);
        if (resolved.state === 'submitted') return await submitted(chunk, resolved);
      }
      if (control.canceling) return null;
    } catch (error) {
      // A Worker vanished on the way: the records tell how far it came. Look there first.
      if (isTimeout(error)) continue;
      await overcome(chunk, error, failures);
    }
  }
}

/** Whether nothing forbids the next paid call; otherwise waits for a change and says no. */
async function mayPayNow(chunk: Chunk): Promise<boolean> {
  const { control, input } = chunk;
  if (control.pause !== null) {
    await rest(control, null);
    return false;
  }
  const label = `chunk ${chunkLabel(input)}`;
  const permission = await persist(chunk, () =>
    short(`may ${label} be submitted?`).messageBatchPermit(input)
  );
  switch (permission.decision) {
    case 'go':
      // A pause or a cancellation may have come while we asked.
      return !isHeld(control);
    case 'wait':
      await rest(control, permission.delayMs, { summary: `${label} waits: ${permission.reason}` });
      return false;
    case 'pause':
      await standStill(chunk, { kind: 'permit', reason: permission.reason });
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
  return submitting(input, summary).messageBatchSubmit(input);
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
