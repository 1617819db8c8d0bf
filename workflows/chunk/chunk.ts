/**
 * `messageBatchChunk`: one chunk, one paid batch.
 *
 * Sequence: permit, submit, wait and check until the batch has ended, collect. In history: the job's options, the
 * chunk's name, the batch's id, counters. It signals its job on each change of state.
 *
 * @module
 */
import {
  CancellationScope,
  getExternalWorkflowHandle,
  setCurrentDetails,
} from '@temporalio/workflow';
import {
  SIGNAL,
  type BatchCheck,
  type BatchInput,
  type ChunkInput,
  type ChunkState,
} from '../../src/contract/public';
import { chunkDetails } from '../../src/core/view/details';
import { installControl, type Control } from '../common/control';
import { collectBatch } from './collect';
import { submitChunk } from './submit';
import { awaitEnd } from './wait';
import { isSamePause, type Standing } from '../common/recovery';

/** A chunk at work: what its steps share. */
export interface Chunk extends Standing {
  readonly input: ChunkInput;
  readonly control: Control;
  state: ChunkState;
  /** Changes the state and tells the job. */
  readonly change: (change: Partial<ChunkState>) => Promise<void>;
}

/** Runs one chunk to its end. Resolves with its last state; failed requests are data there, not errors. */
export async function messageBatchChunk(input: ChunkInput): Promise<ChunkState> {
  const chunk = createChunk(input, installControl(input.control));
  return CancellationScope.nonCancellable(async () => {
    const submission = await submitChunk(chunk);
    if (submission !== null) {
      const batch: BatchInput = { ...input, batchId: submission.batchId };
      const { check, canceledByUs } = await awaitEnd(chunk, batch, submission);
      await chunk.change({
        phase: 'collecting',
        endedAt: check?.endedAt ?? null,
        note: archivedNote(check),
      });
      await collectBatch(chunk, { ...batch, canceledByUs, gone: check === null });
    }
    await chunk.change({ phase: 'ended' });
    return chunk.state;
  });
}

function createChunk(input: ChunkInput, control: Control): Chunk {
  const { jobId, round, chunk: number, requests, options } = input;
  const job = getExternalWorkflowHandle(jobId);
  const chunk: Chunk = {
    input,
    control,
    retryMs: options.checkMaxMs,
    state: {
      round,
      chunk: number,
      phase: 'waiting',
      requests: requests ?? 0,
      batchId: null,
      submittedAt: null,
      endedAt: null,
      pause: null,
      note: null,
      collected: null,
    },
    change: async (change) => {
      // A next phase is progress: whatever it stood still for is over.
      const pause = change.phase === undefined ? chunk.state.pause : null;
      chunk.state = { ...chunk.state, pause, ...change };
      setCurrentDetails(chunkDetails(chunk.state));
      try {
        await job.signal(SIGNAL.chunkChanged, chunk.state);
      } catch {
        // The job is gone: terminated, or being reset. The store keeps what this chunk does; the next execution reads it.
      }
    },
    setPause: async (pause) => {
      if (!isSamePause(pause, chunk.state.pause)) await chunk.change({ pause });
    },
  };
  return chunk;
}

/** Says that results are gone: the API keeps them for 29 days. */
function archivedNote(check: BatchCheck | null): string | null {
  const archivedAt = check?.archivedAt ?? null;
  return archivedAt === null
    ? null
    : `The API removed the results at ${archivedAt}, 29 days after the batch was made: its requests are missing.`;
}
