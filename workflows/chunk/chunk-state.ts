/**
 * What the steps of a chunk share: its input, the Signals that it received, and its state, which it reports to its job.
 */
import { getExternalWorkflowHandle, setCurrentDetails } from '@temporalio/workflow';
import type { ChunkInput, ChunkState } from '../../src/contract/children';
import { SIGNAL } from '../../src/contract/names';
import type { Answer } from '../../src/contract/public';
import { openQuestions, routeAnswer } from '../../src/core/questions/route-answer';
import { chunkDetails } from '../../src/core/view/details';
import type { Control } from '../common/control';
import { isSamePause, type Pausable } from '../common/recovery';

/** A running chunk. */
export interface Chunk extends Pausable {
  readonly input: ChunkInput;
  readonly control: Control;
  state: ChunkState;
  /** The answer to the open question; null while there is none. */
  answer: Answer | null;
  /** The number of the last question; 0 before the first. */
  lastQuestion: number;
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
      question: null,
      note: null,
      collected: null,
    },
    answer: null,
    lastQuestion: 0,
    change: async (change) => {
      // A new phase is progress: whatever the chunk was paused for is over.
      const pause = change.phase === undefined ? chunk.state.pause : null;
      // A question is open for as long as the pause that it belongs to.
      const question =
        change.phase === undefined && change.pause === undefined
          ? (chunk.state.question ?? null)
          : null;
      const asked = chunk.state.question?.number;
      chunk.state = { ...chunk.state, pause, question, ...change };
      if (chunk.state.question?.number !== asked) chunk.answer = null;
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
  control.answered = (answer) => {
    // Only an answer to the open question, so none that was sent before it was asked.
    if ('to' in routeAnswer(answer, openQuestions([chunk.state]))) chunk.answer = answer;
    return Promise.resolve();
  };
  return chunk;
}
