/**
 * What is known of a job: in the store first, then in Temporal.
 */
import { findExecution, type Execution } from '../../client/execution';
import type { JobHandle } from '../../client/job-handle';
import type { JobProgress, Report } from '../../contract/public';
import { findReport } from '../../records/own-report';
import { jobFiles } from '../../records/job-files';
import { isJobId } from '../../core/plan/job-id';
import { readPlanRecord } from '../../records/plan-records';
import type { Store } from '../../store/store';
import { apiOrigin, hasKey } from '../session/api-key';
import { commandError, toSentence } from '../text/errors';
import { hint } from '../flags/hints';
import type { Session, WorkerKind } from '../session/session';

/** A Query without a Worker would fail only after half a minute. */
const QUERY_MS_MAX = 10_000;

/** @throws CommandError when it cannot be a job's id. */
export function assertJobName(jobId: string): void {
  if (isJobId(jobId)) return;
  throw commandError(
    `Expected the id of a job, got ${JSON.stringify(jobId)}: 1 to 200 of A–Z a–z 0–9 . _ : - and not starting with a dot.`
  );
}

/** @throws ApplicationFailure `MessageBatch.JobMismatch` when another Workflow runs under the id. */
export function findJob({ client, target }: Session, jobId: string): Promise<Execution> {
  return findExecution(client, { jobId, taskQueue: target.taskQueue });
}

export async function isInStore(store: Store, jobId: string): Promise<boolean> {
  return (await store.size(jobFiles(jobId).job)) !== undefined;
}

/**
 * Queries a job's progress, for no longer than a person would wait.
 *
 * @throws CommandError when no Worker answers.
 */
export async function queryProgress(session: Session, handle: JobHandle): Promise<JobProgress> {
  try {
    return await session.client.withDeadline(Date.now() + QUERY_MS_MAX, () => handle.progress());
  } catch (error) {
    throw commandError(
      `No Worker of the task queue ${session.target.taskQueue} answers for the job ${handle.jobId}: ${toSentence(error)}`
    );
  }
}

/**
 * What kind of Worker a command of this shell may run for a job.
 *
 * Without a key, or with another API in the environment, its Activities would fail and pause the job.
 */
export async function workerFor(store: Store, jobId: string): Promise<WorkerKind> {
  if (!hasKey()) return 'workflows';
  const plan = await readPlanRecord(store, jobFiles(jobId).plan);
  return plan === undefined || plan.site.apiOrigin === apiOrigin() ? 'full' : 'workflows';
}

/** @throws CommandError that says what is known of a job that is not running. */
export async function refuseNotRunning(session: Session, jobId: string): Promise<never> {
  const { store, target } = session;
  const report = await findReport(store, jobId);
  if (report !== undefined) {
    throw commandError(`The job ${jobId} has ended (${report.status}).`);
  }
  if (await isInStore(store, jobId)) {
    throw commandError(
      `The job ${jobId} is not running; start it again with its input: ${hint(target, 'run', 'FILE', '--out', 'DIR', '--job', jobId)}`
    );
  }
  if ((await findJob(session, jobId)) === 'ended') {
    throw commandError(`The job ${jobId} has ended, and its records were deleted from the store.`);
  }
  throw unknownJob(session, jobId);
}

export function unknownJob({ target, address }: Session, jobId: string): Error {
  return commandError(
    `There is no job ${jobId}: neither Temporal at ${address} nor the store ${target.store} has it.`
  );
}

/** The progress of a job that has ended, from its report. */
export function toEndedProgress(report: Report): JobProgress {
  const { job_id, status, requests, succeeded, errored, expired, canceled, missing } = report;
  return {
    job_id,
    status,
    phase: 'ended',
    paused: null,
    paused_reason: null,
    paused_kind: null,
    questions: [],
    requests,
    succeeded,
    errored,
    expired,
    canceled,
    missing,
    processing: 0,
    round: report.rounds,
    batches: report.batches.map(({ created_at, ...batch }) => ({
      ...batch,
      phase: 'ended',
      submitted_at: created_at,
      note: null,
    })),
    next_check_at: null,
    next_round_at: null,
    started_at: report.started_at,
  };
}
