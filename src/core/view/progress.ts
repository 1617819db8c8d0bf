/**
 * From the states of a job's chunks to what people see of it.
 *
 * @module
 */
import type { BatchProgress, JobPhase, JobProgress, JobStatus, Pause } from '../../contract/public';
import type { ResultCounts } from '../../contract/activities';
import type { ChunkState } from '../../contract/children';
import { toQuestions, type IgnoredAnswer } from '../questions/show-questions';
import { nextCheckAtMs, type CheckSchedule } from '../wait/check-schedule';

/** What a job knows about itself. */
export interface JobView {
  readonly jobId: string;
  readonly phase: JobPhase;
  /** How it ended; null while it runs. */
  readonly ended: 'completed' | 'canceled' | 'failed' | null;
  /** The pause of the job as a whole. */
  readonly pause: Pause | null;
  readonly requests: number;
  readonly chunks: readonly ChunkState[];
  /** Answers that fitted no open question, by the chunks that asked one. */
  readonly ignoredAnswers: ReadonlyMap<string, IgnoredAnswer>;
  readonly rounds: number;
  readonly nextRoundAtMs: number | null;
  readonly startedAtMs: number;
  readonly schedule: CheckSchedule;
}

type Outcomes = ResultCounts & { readonly missing: number };

const NO_OUTCOMES: Outcomes = { succeeded: 0, errored: 0, expired: 0, canceled: 0, missing: 0 };

/** @param final - Outcomes of the report, once there is one; until then they are summed over collected chunks. */
export function toProgress(view: JobView, nowMs: number, final: Outcomes | null): JobProgress {
  const outcomes = final ?? sumOutcomes(view.chunks);
  const pause = view.ended === null ? pauseOf(view) : null;
  return {
    job_id: view.jobId,
    status: statusOf(view, pause),
    phase: view.phase,
    paused: pause,
    paused_reason: pause?.reason ?? null,
    paused_kind: pause?.kind ?? null,
    questions: view.ended === null ? toQuestions(view) : [],
    requests: view.requests,
    succeeded: outcomes.succeeded,
    errored: outcomes.errored,
    expired: outcomes.expired,
    canceled: outcomes.canceled,
    missing: outcomes.missing,
    processing: view.requests - total(outcomes),
    round: view.rounds,
    batches: view.chunks.map(toBatch),
    next_check_at: nextCheckAt(view, nowMs),
    next_round_at: view.nextRoundAtMs === null ? null : toTime(view.nextRoundAtMs),
    started_at: toTime(view.startedAtMs),
  };
}

/** The job's own pause, or the first of a chunk. */
export function pauseOf(view: Pick<JobView, 'pause' | 'chunks'>): Pause | null {
  return view.pause ?? view.chunks.find(({ pause }) => pause !== null)?.pause ?? null;
}

function statusOf(view: JobView, pause: Pause | null): JobStatus {
  if (view.ended !== null) return view.ended;
  return pause === null ? 'running' : 'paused';
}

function sumOutcomes(chunks: readonly ChunkState[]): Outcomes {
  return chunks.reduce<Outcomes>(
    (sum, { collected }) => (collected === null ? sum : add(sum, collected.final)),
    NO_OUTCOMES
  );
}

function add(a: Outcomes, b: Outcomes): Outcomes {
  return {
    succeeded: a.succeeded + b.succeeded,
    errored: a.errored + b.errored,
    expired: a.expired + b.expired,
    canceled: a.canceled + b.canceled,
    missing: a.missing + b.missing,
  };
}

function total({ succeeded, errored, expired, canceled, missing }: Outcomes): number {
  return succeeded + errored + expired + canceled + missing;
}

function toBatch(state: ChunkState): BatchProgress {
  const counts = state.collected?.counts ?? NO_OUTCOMES;
  return {
    id: state.batchId,
    round: state.round,
    chunk: state.chunk,
    phase: state.phase,
    note: state.note,
    requests: state.requests,
    succeeded: counts.succeeded,
    errored: counts.errored,
    expired: counts.expired,
    canceled: counts.canceled,
    missing: counts.missing,
    submitted_at: state.submittedAt,
    ended_at: state.endedAt,
  };
}

function nextCheckAt(view: JobView, nowMs: number): string | null {
  const due = view.chunks
    .filter(
      ({ phase, submittedAt }) =>
        submittedAt !== null && (phase === 'processing' || phase === 'canceling')
    )
    .map(({ submittedAt }) => nextCheckAtMs(Date.parse(submittedAt ?? ''), nowMs, view.schedule));
  return due.length === 0 ? null : toTime(Math.min(...due));
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
