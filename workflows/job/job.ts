/**
 * `messageBatchJob`: one durable run over any number of requests.
 *
 * Sequence: plan, the chunks of round 1 as children, retry rounds as children while requests fail, finish. In history:
 * options, references, counters. Its length depends on chunks and rounds, not on requests.
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
import type { JobInput, Report } from '../../src/contract/public';
import type { FinishInput, Plan } from '../../src/contract/activities';
import { findMessageBatchFailure } from '../../src/contract/failures';
import { longCall } from '../common/calls';
import { runChunks, runRetry } from './children';
import { installControl } from '../common/control';
import { retryUntilAnswered } from '../common/recovery';
import { createJob } from './handlers';
import { isDone, nextRoundDelayMs, trackChild, type Job } from './job-state';
import { applyPlan, endAs, openNextRound } from './transitions';
import { durationText } from '../../src/core/view/duration';

/**
 * Runs a job to its end.
 *
 * @param input - Checked when the job starts: other languages send plain JSON of any shape.
 * @returns the report, also when the Signal `cancel` ended it.
 * @throws ApplicationFailure of `src/contract/failures.ts`; CancelledFailure after Temporal's own cancellation, files written.
 */
export async function messageBatchJob(input: JobInput): Promise<Report> {
  const job = createJob(
    workflowInfo().workflowId,
    installControl({ canceling: false, pause: null })
  );
  return CancellationScope.nonCancellable(async () => {
    try {
      const report = await run(job, input);
      endAs(job, report.status, report);
      if (job.control.canceledByTemporal)
        throw new CancelledFailure('Canceled; results, failures and report are written');
      return report;
    } catch (error) {
      if (!(error instanceof CancelledFailure)) endAs(job, 'failed', null);
      // The failure itself ends the job, without the wrapping of a child or an Activity: users see its type.
      throw findMessageBatchFailure(error) ?? error;
    } finally {
      await condition(allHandlersFinished);
    }
  });
}

async function run(job: Job, input: JobInput): Promise<Report> {
  const plan = await planJob(job, input);
  if (plan.report !== null) return plan.report;
  applyPlan(job, plan);
  await runRounds(job, plan);
  job.phase = 'finishing';
  return finishJob(job, plan);
}

async function planJob(job: Job, input: JobInput): Promise<Plan> {
  return retryUntilAnswered(job.pausable, () =>
    longCall('read the input, check every line, split it into chunks').messageBatchPlan({
      jobId: job.id,
      input,
      canceling: job.control.canceling,
    })
  );
}

/** Runs round 1, the rounds that an earlier execution recorded, and new ones for as long as requests fail. */
async function runRounds(job: Job, plan: Plan): Promise<void> {
  const { control } = job;
  for (const { round, chunks, sources } of plan.rounds) {
    if (round === 1) {
      trackChild(job, runChunks(control, plan, { round, chunks, skipUnstarted: !plan.resumed }));
    } else {
      trackChild(job, runRetry(control, { ...toContext(plan), round, sources }));
    }
  }
  for (;;) {
    const delayMs = nextRoundDelayMs(job);
    if (delayMs === null) {
      if (isDone(job)) break;
      await condition(() => isDone(job) || nextRoundDelayMs(job) !== null);
    } else if (delayMs > 0) {
      const summary = `round ${job.rounds.plans.length + 1} in ${durationText(delayMs)}`;
      await condition(() => nextRoundDelayMs(job) === null, delayMs, { summary });
    } else {
      const { round, sources } = openNextRound(job);
      trackChild(job, runRetry(control, { ...toContext(plan), round, sources }));
    }
  }
  if (job.failures.length > 0) throw job.failures[0];
}

async function finishJob(job: Job, plan: Plan): Promise<Report> {
  const input: FinishInput = {
    ...toContext(plan),
    status: job.control.canceling ? 'canceled' : 'completed',
    total: plan.total,
    startedAt: new Date(job.startedAtMs).toISOString(),
    endedAt: new Date().toISOString(),
  };
  return retryUntilAnswered(job.pausable, () =>
    longCall('write results, failures and report').messageBatchFinish(input)
  );
}

function toContext({ jobId, site, options }: Plan): Pick<Plan, 'jobId' | 'site' | 'options'> {
  return { jobId, site, options };
}
