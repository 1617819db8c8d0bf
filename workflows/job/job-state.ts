/**
 * What a job knows: its chunks' states, the rounds, what waits for the next one.
 */
import {
  defineQuery,
  defineSignal,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { chunkLabel, type ChunkName, QUERY_PROGRESS, SIGNAL } from '../../src/contract/names';
import type { JobPhase, JobProgress, Pause, Report } from '../../src/contract/public';
import type { Plan, RoundPlan } from '../../src/contract/activities';
import type { ChunkState, RoundChange } from '../../src/contract/children';
import { retryDelayMs } from '../../src/core/wait/check-schedule';
import { jobDetails } from '../../src/core/view/details';
import { toProgress } from '../../src/core/view/progress';
import { OPTIONS_DEFAULT, type ResolvedOptions } from '../../src/contract/options';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { pauseFor, type Control } from '../common/control';
import { isChunkState, isRoundChange } from './signal-guards';
import type { Standing } from '../common/recovery';

export interface Job {
  readonly id: string;
  readonly control: Control;
  readonly standing: Standing;
  readonly startedAtMs: number;
  options: ResolvedOptions;
  phase: JobPhase;
  ended: 'completed' | 'canceled' | 'failed' | null;
  requests: number;
  /** Why the job itself is paused; its chunks have pauses of their own. */
  pause: Pause | null;
  readonly chunks: Map<string, ChunkState>;
  readonly roundPauses: Map<number, Pause>;
  rounds: RoundPlan[];
  /** Collected chunks with requests for a later round. */
  pending: ChunkName[];
  nextRoundAtMs: number | null;
  running: number;
  readonly failures: unknown[];
  report: Report | null;
  /** The search attributes as they were last set. */
  searchable: string;
}

/** Makes a job's state and lets Signals and Queries at it. */
export function createJob(id: string, control: Control): Job {
  const job: Job = {
    id,
    control,
    standing: {
      control,
      get retryMs() {
        return job.options.checkMaxMs;
      },
      setPause: (pause) => {
        job.pause = pause;
        show(job);
        return Promise.resolve();
      },
    },
    startedAtMs: workflowInfo().startTime.getTime(),
    options: OPTIONS_DEFAULT,
    phase: 'planning',
    ended: null,
    requests: 0,
    pause: null,
    chunks: new Map(),
    roundPauses: new Map(),
    rounds: [],
    pending: [],
    nextRoundAtMs: null,
    running: 0,
    failures: [],
    report: null,
    searchable: '',
  };
  setHandler(defineQuery<JobProgress>(QUERY_PROGRESS), () => progressOf(job), {
    description:
      'Progress of the job: counts, batches, why it is paused, when the next check is due.',
  });
  setHandler(defineSignal<[unknown]>(SIGNAL.chunkChanged), async (state) => {
    if (isChunkState(state)) await chunkChanged(job, state);
  });
  setHandler(defineSignal<[unknown]>(SIGNAL.roundChanged), (change) => {
    if (isRoundChange(change)) roundChanged(job, change);
  });
  control.changed = () => {
    show(job);
  };
  show(job);
  return job;
}

/** The plan stands: the job knows its size and its options. */
export function enter(job: Job, plan: Plan): void {
  job.phase = 'running';
  job.requests = plan.total;
  job.options = plan.options;
  job.rounds = [...plan.rounds];
  // Chunks of an earlier execution may have come in while nobody knew yet which of them later rounds hold.
  const early = job.pending.filter((chunk) => !isTaken(job, chunk));
  job.pending = [];
  job.nextRoundAtMs = null;
  for (const chunk of early) wait(job, chunk);
  show(job);
}

/** Counts a running child; its failure stops new rounds and is kept until all have ended. */
export function track(job: Job, child: Promise<void>): void {
  job.running += 1;
  const done = (): void => {
    job.running -= 1;
  };
  child.then(done, (error: unknown) => {
    job.failures.push(error);
    done();
  });
}

/** Whether nothing runs and nothing waits for a later round. */
export function isDone({ control, running, pending, failures }: Job): boolean {
  if (running > 0) return false;
  return pending.length === 0 || control.canceling || failures.length > 0;
}

/** Delay until the next round; null when none is due, or may start now. */
export function nextRoundInMs(job: Job): number | null {
  const { control, failures, nextRoundAtMs } = job;
  if (nextRoundAtMs === null || control.canceling || failures.length > 0) return null;
  if (control.pause !== null) return null;
  // One after the other: a round that an earlier execution wrote down may hold what waits here.
  if (job.rounds.some((plan) => !isPlanned(plan))) return null;
  return Math.max(0, nextRoundAtMs - Date.now());
}

/** A round that no Activity has written down yet has no chunks. */
function isPlanned({ chunks }: RoundPlan): boolean {
  return chunks > 0;
}

/** Takes everything that has failed by now into the next round. */
export function takePending(job: Job): { round: number; sources: ChunkName[] } {
  const sources = job.pending;
  const round = Math.max(0, ...job.rounds.map((plan) => plan.round)) + 1;
  job.pending = [];
  job.nextRoundAtMs = null;
  job.rounds.push({ round, chunks: 0, requests: 0, sources });
  show(job);
  return { round, sources };
}

export function endAs(job: Job, ended: Job['ended'], report: Report | null): void {
  job.ended = ended;
  job.report = report;
  job.phase = 'ended';
  if (report !== null) job.requests = report.requests;
  show(job);
}

async function chunkChanged(job: Job, state: ChunkState): Promise<void> {
  const label = chunkLabel(state);
  const before = job.chunks.get(label);
  job.chunks.set(label, state);
  if (state.collected !== null && !before?.collected) await chunkCollected(job, state);
  if (state.pause !== null && isOfTheWholeJob(state.pause))
    await pauseFor(job.control, state.pause);
  show(job);
}

async function chunkCollected(job: Job, { round, chunk, collected }: ChunkState): Promise<void> {
  if (collected === null || isTaken(job, { round, chunk })) return;
  if (collected.retry + collected.stopped === 0) return;
  wait(job, { round, chunk });
  if (collected.retryAfterAccount > 0) {
    await pauseFor(job.control, {
      kind: 'account',
      reason:
        `${collected.retryAfterAccount} requests failed because of the account's credit, billing or key. ` +
        'Put it right in the Console, then resume.',
    });
  }
}

/** A chunk's failures wait for the next round. */
function wait(job: Job, { round, chunk }: ChunkName): void {
  // A child of an earlier execution may have told the same before ours does.
  if (!includes(job.pending, { round, chunk })) job.pending.push({ round, chunk });
  job.nextRoundAtMs ??= Date.now() + retryDelayMs(round, job.options.retryDelayMs);
}

/** A wrong key or a lost answer stops the other chunks' paid calls too. */
function isOfTheWholeJob({ kind }: Pause): boolean {
  return kind === 'account' || kind === 'submission';
}

function roundChanged(job: Job, { round, pause, plan }: RoundChange): void {
  if (plan !== undefined) roundPlanned(job, plan);
  if (pause) job.roundPauses.set(round, pause);
  else job.roundPauses.delete(round);
  show(job);
}

/** What counts is what is written down: an earlier execution may have made the round of other chunks than asked for. */
function roundPlanned(job: Job, plan: RoundPlan): void {
  const asked = job.rounds.find(({ round }) => round === plan.round);
  if (asked === undefined) return;
  job.rounds = job.rounds.map((known) => (known === asked ? plan : known));
  job.pending = job.pending.filter((chunk) => !includes(plan.sources, chunk));
  if (job.pending.length === 0) job.nextRoundAtMs = null;
  for (const chunk of asked.sources) {
    if (!includes(plan.sources, chunk)) wait(job, chunk);
  }
}

/** Whether a round holds what this chunk left over. */
function isTaken(job: Job, chunk: ChunkName): boolean {
  return job.rounds.some(({ sources }) => includes(sources, chunk));
}

function includes(names: readonly ChunkName[], { round, chunk }: ChunkName): boolean {
  return names.some((name) => name.round === round && name.chunk === chunk);
}

function progressOf(job: Job): JobProgress {
  const chunks = [...job.chunks.values()].sort((a, b) => a.round - b.round || a.chunk - b.chunk);
  return toProgress(
    {
      jobId: job.id,
      phase: job.control.canceling && job.phase === 'running' ? 'canceling' : job.phase,
      ended: job.ended,
      pause: job.control.pause ?? job.pause ?? [...job.roundPauses.values()][0] ?? null,
      requests: job.requests,
      chunks,
      rounds: job.rounds.length,
      nextRoundAtMs: job.control.canceling ? null : job.nextRoundAtMs,
      startedAtMs: job.startedAtMs,
      schedule: job.options,
    },
    Date.now(),
    job.report
  );
}

const SEARCH_STATUS = defineSearchAttributeKey('MessageBatchesStatus', SearchAttributeType.KEYWORD);
const SEARCH_ROUND = defineSearchAttributeKey('MessageBatchesRound', SearchAttributeType.INT);
const SEARCH_REQUESTS = defineSearchAttributeKey('MessageBatchesRequests', SearchAttributeType.INT);

/** Brings the Temporal UI up to date. */
function show(job: Job): void {
  const progress = progressOf(job);
  setCurrentDetails(jobDetails(progress));
  if (!job.options.searchAttributes) return;
  const wanted = `${progress.status} ${progress.round} ${progress.requests}`;
  if (job.searchable === wanted) return;
  job.searchable = wanted;
  upsertSearchAttributes([
    { key: SEARCH_STATUS, value: progress.status },
    { key: SEARCH_ROUND, value: progress.round },
    { key: SEARCH_REQUESTS, value: progress.requests },
  ]);
}
