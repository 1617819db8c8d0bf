/**
 * What the steps of a chunk share: its input, the Signals that it received, and its state, which it reports to its job.
 */
import { getExternalWorkflowHandle, setCurrentDetails } from '@temporalio/workflow';
import type { ChunkInput, ChunkState } from '../../src/contract/children';
import { SIGNAL } from '../../src/contract/names';
import { chunkDetails } from '../../src/core/view/details';
import type { Control } from '../common/control';
import { isSamePause, type Pausable } from '../common/recovery';

/** A running chunk. */
export interface Chunk extends Pausable {
  readonly input: ChunkInput;
  readonly control: Control;
  state: ChunkState;
  /** Changes the state and signals it to the job. */
  readonly change: (change: Partial<ChunkState>) => Promise<void>;
}

export function createChunk(input: ChunkInput, control: Control): Chunk {
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
      // A new phase is progress: whatever the chunk was paused for is over.
      const pause = change.phase === undefined ? chunk.state.pause : null;
      chunk.state = { ...chunk.state, pause, ...change };
      setCurrentDetails(chunkDetails(chunk.state));
      try {
        await job.signal(SIGNAL.chunkChanged, chunk.state);
      } catch {
        // The job was terminated or is being reset. The store records what this chunk does; the next execution reads it.
      }
    },
    setPause: async (pause) => {
      if (!isSamePause(pause, chunk.state.pause)) await chunk.change({ pause });
    },
  };
  return chunk;
}
