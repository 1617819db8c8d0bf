/**
 * `messageBatchJob`: one durable run over any number of requests.
 *
 * Sequence: plan, the chunks of round 1 as children, retry rounds as children while requests fail, finish. In history:
 * options, references, counters; as long for ten requests as for a hundred thousand of one chunk.
 *
 * Safe to change: pure functions in `src/core` whose result only shows (details, progress). Not safe without
 * `patched()`: the order of Activities, children and timers, and what decides about them.
 *
 * Why: docs/decisions/008-no-continue-as-new.md
 *
 * @module
 */
import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  workflowInfo,
} from '@temporalio/workflow';
import type { Report } from '../../src/contract/public';
import type { FinishInput, Plan } from '../../src/contract/activities';
import { findMessageBatchFailure } from '../../src/contract/failures';
import { long } from '../common/calls';
import { runChunks, runRetry } from './children';
import { installControl } from '../common/control';
import {
  createJob,
  endAs,
  enter,
  isDone,
  nextRoundInMs,
  takePending,
  track,
  type Job,
} from './job-state';
import { persist } from '../common/recovery';
import { durationText } from '../../src/core/view/details';

/**
 * Runs a job to its end.
 *
 * @param input - {@link JobInput}, unchecked: other languages send plain JSON.
 * @returns the report, also when the Signal `cancel` ended it.
 * @throws ApplicationFailure of `src/contract/failures.ts`; CancelledFailure after Temporal's own cancellation, files written.
 */
export async function messageBatchJob(input: unknown): Promise<Report> {
  const job = createJob(
    workflowInfo().workflowId,
    installControl({ canceling: false, pause: null })
  );
  return CancellationScope.nonCancellable(async () => {
    try {
      const report = await run(job, input);
      endAs(job, report.status, report);
      if (job.control.canceledByTemporal)
        throw new CancelledFailure('Canceled; the files are written');
      return report;
    } catch (error) {
      if (!(error instanceof CancelledFailure)) endAs(job, 'failed', null);
      // The failure itself, not the child's or Activity's wrapping of it, ends the job: its type is what users see.
      throw findMessageBatchFailure(error) ?? error;
    } finally {
      await condition(allHandlersFinished);
    }
  });
}

async function run(job: Job, input: unknown): Promise<Report> {
  const plan = await planJob(job, input);
  if (plan.report !== null) return plan.report;
  enter(job, plan);
  await runRounds(job, plan);
  job.phase = 'finishing';
  return finishJob(job, plan);
}

async function planJob(job: Job, input: unknown): Promise<Plan> {
  return persist(job.standing, () =>
    long('read the input, check every line, cut it into chunks').messageBatchPlan({
      jobId: job.id,
      input,
      canceling: job.control.canceling,
    })
  );
}

/** Round 1, the rounds that an earlier execution wrote down, and a new one for as long as requests fail. */
async function runRounds(job: Job, plan: Plan): Promise<void> {
  const { control } = job;
  for (const { round, chunks, sources } of plan.rounds) {
    if (round === 1) {
      track(job, runChunks(control, plan, { round, chunks, skipUnstarted: !plan.resumed }));
    } else {
      track(job, runRetry(control, { ...toContext(plan), round, sources }));
    }
  }
  for (;;) {
    const delayMs = nextRoundInMs(job);
    if (delayMs === null) {
      if (isDone(job)) break;
      await condition(() => isDone(job) || nextRoundInMs(job) !== null);
    } else if (delayMs > 0) {
      const summary = `round ${job.rounds.length + 1} in ${durationText(delayMs)}`;
      await condition(() => nextRoundInMs(job) === null, delayMs, { summary });
    } else {
      const { round, sources } = takePending(job);
      track(job, runRetry(control, { ...toContext(plan), round, sources }));
    }
  }
  if (job.failures.length > 0) throw job.failures[0];
}

async function finishJob(job: Job, plan: Plan): Promise<Report> {
  const input: FinishInput = {
    ...toContext(plan),
    status: job.control.canceling ? 'canceled' : 'completed',
    total: plan.total,
    rounds: job.rounds,
    startedAt: new Date(job.startedAtMs).toISOString(),
    endedAt: new Date().toISOString(),
  };
  return persist(job.standing, () => long('write the three files').messageBatchFinish(input));
}

function toContext({ jobId, site, options }: Plan): Pick<Plan, 'jobId' | 'site' | 'options'> {
  return { jobId, site, options };
}
