/**
 * What a job and its child Workflows (chunks and retry rounds) send each other.
 *
 * Plain JSON that enters Workflow histories: references and counters only.
 *
 * @module
 */
import type { Collected, JobContext, RoundPlan } from './activities';
import type { ChunkName } from './names';
import type { ChunkPhase, Pause, QuestionKind } from './public';

/** A chunk's state as its job sees it; the payload of the Signal from chunk to job. */
export interface ChunkState extends ChunkName {
  readonly phase: ChunkPhase;
  readonly requests: number;
  readonly batchId: string | null;
  readonly submittedAt: string | null;
  readonly endedAt: string | null;
  readonly pause: Pause | null;
  /** What the chunk asks a person; null when it asks nothing. Not sent by the first versions. */
  readonly question?: ChunkQuestion | null;
  /** What is happening, where the phase alone does not say. */
  readonly note: string | null;
  readonly collected: Collected | null;
}

/** An open question of a chunk. */
export interface ChunkQuestion {
  /** Higher than that of every earlier question of the chunk, also of its earlier executions. */
  readonly number: number;
  readonly kind: QuestionKind;
  readonly reason: string;
}

/** What a chunk or a retry round starts with: the job's control state at that moment. */
export interface ChildControl {
  readonly canceling: boolean;
  readonly pause: Pause | null;
}

export interface ChunkInput extends JobContext, ChunkName {
  readonly requests: number | null;
  readonly control: ChildControl;
}

export interface RetryInput extends JobContext {
  readonly round: number;
  readonly sources: readonly ChunkName[];
  readonly control: ChildControl;
}

/** A retry round's report to its job. */
export interface RoundChange {
  readonly round: number;
  readonly pause?: Pause | null;
  readonly plan?: RoundPlan;
}
