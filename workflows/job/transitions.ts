/**
 * What changes a job's state from within. Each change is shown in Temporal's UI at once.
 */
import type { Plan, RoundPlan } from '../../src/contract/activities';
import type { Report } from '../../src/contract/public';
import * as ledger from '../../src/core/rounds/rounds';
import { clockOf, type Job } from './job-state';
import { publishToUi } from './view';

/** The job's input is planned: its size, its options and the rounds of earlier executions are known. */
export function applyPlan(job: Job, plan: Plan): void {
  job.phase = 'running';
  job.requests = plan.total;
  job.options = plan.options;
  job.rounds = ledger.applyPlan(job.rounds, plan.rounds, clockOf(job));
  publishToUi(job);
}

/** Opens the next round with every chunk whose requests have failed by now. */
export function openNextRound(job: Job): RoundPlan {
  const { rounds, opened } = ledger.openRound(job.rounds);
  job.rounds = rounds;
  publishToUi(job);
  return opened;
}

export function endAs(job: Job, ended: Job['ended'], report: Report | null): void {
  job.ended = ended;
  job.report = report;
  job.phase = 'ended';
  if (report !== null) job.requests = report.requests;
  publishToUi(job);
}
