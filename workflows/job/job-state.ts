/**
 * What a job knows: its chunks' states, the ledger of rounds, which children run.
 */
import type { ChunkState } from '../../src/contract/children';
import type { ResolvedOptions } from '../../src/contract/options';
import type { JobPhase, Pause, Report } from '../../src/contract/public';
import type { IgnoredAnswer } from '../../src/core/questions/show-questions';
import { nextRoundInMs, type Rounds, type RoundsClock } from '../../src/core/rounds/rounds';
import type { Control } from '../common/control';
import type { Pausable } from '../common/recovery';

export interface Job {
  readonly id: string;
  readonly control: Control;
  readonly pausable: Pausable;
  readonly startedAtMs: number;
  options: ResolvedOptions;
  phase: JobPhase;
  ended: 'completed' | 'canceled' | 'failed' | null;
  requests: number;
  /** What the job itself is paused for, apart from its chunks. */
  pause: Pause | null;
  readonly chunks: Map<string, ChunkState>;
  readonly roundPauses: Map<number, Pause>;
  /** Answers that fitted no open question, by the chunks that asked one. */
  readonly ignoredAnswers: Map<string, IgnoredAnswer>;
  rounds: Rounds;
  /** Children that run. */
  running: number;
  readonly failures: unknown[];
  report: Report | null;
  /** The search attributes as they were last set. */
  searchable: string;
}

export function clockOf({ options }: Job): RoundsClock {
  return { nowMs: Date.now(), firstDelayMs: options.retryDelayMs };
}

/** Counts a running child. Its failure stops new rounds and is kept until all children have ended. */
export function trackChild(job: Job, child: Promise<void>): void {
  job.running += 1;
  const done = (): void => {
    job.running -= 1;
  };
  child.then(done, (error: unknown) => {
    job.failures.push(error);
    done();
  });
}

/** Whether no child runs and no later round will start. */
export function isDone({ control, running, rounds, failures }: Job): boolean {
  if (running > 0) return false;
  return rounds.pending.length === 0 || control.canceling || failures.length > 0;
}

/** Delay until the next round may start; null when none is due. */
export function nextRoundDelayMs({ control, failures, rounds }: Job): number | null {
  if (control.canceling || failures.length > 0 || control.pause !== null) return null;
  return nextRoundInMs(rounds, Date.now());
}
