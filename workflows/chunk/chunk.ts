/**
 * `messageBatchChunk`: one chunk, one paid batch.
 *
 * Sequence: permit, submit, wait and check until the batch has ended, collect. In history: the job's options, the
 * chunk's name, the batch's id, counters. It signals its job on each change of state.
 *
 * @module
 */
import { CancellationScope } from '@temporalio/workflow';
import type { BatchCheck, BatchInput } from '../../src/contract/activities';
import type { ChunkInput, ChunkState } from '../../src/contract/children';
import { installControl } from '../common/control';
import { createChunk } from './chunk-state';
import { collectBatch } from './collect';
import { submitChunk } from './submit';
import { waitForEnd } from './wait';

/**
 * Runs one chunk to its end. Resolves with its last state; failed requests are data there, not errors.
 *
 * Registered for the engine's own use: a job starts it, callers never do.
 */
export async function messageBatchChunk(input: ChunkInput): Promise<ChunkState> {
  const chunk = createChunk(input, installControl(input.control));
  return CancellationScope.nonCancellable(async () => {
    const submission = await submitChunk(chunk);
    if (submission !== null) {
      const batch: BatchInput = { ...input, batchId: submission.batchId };
      const { check, canceledByUs } = await waitForEnd(chunk, batch, submission);
      await chunk.change({
        phase: 'collecting',
        endedAt: check?.endedAt ?? null,
        note: archivedNote(check),
      });
      await collectBatch(chunk, { ...batch, canceledByUs, givenUp: check === null });
    }
    await chunk.change({ phase: 'ended' });
    return chunk.state;
  });
}

/** Says that the API has removed the results: it keeps them for 29 days. */
function archivedNote(check: BatchCheck | null): string | null {
  const archivedAt = check?.archivedAt ?? null;
  return archivedAt === null
    ? null
    : `The API removed the results at ${archivedAt}, 29 days after the batch was created: its requests are missing.`;
}
