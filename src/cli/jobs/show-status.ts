/**
 * `status`: a job's progress, once or until the job ends.
 */
import type { JobProgress } from '../../contract/public';
import { findReport } from '../../records/own-report';
import { toSentence } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { toStatusText } from '../text/job-text';
import { print, printError, printJson } from '../text/output';
import { createProgressDisplay } from '../text/progress-display';
import type { TargetFlags } from '../flags/target-flags';
import { sleep } from '../session/interrupt';
import { withJob, type JobCommand } from './job-command';
import { findJob, isInStore, queryProgress, refuseNotRunning, toEndedProgress } from './job-lookup';

export interface StatusFlags extends TargetFlags {
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** How often a watched job is queried. */
const QUERY_DELAY_MS = 1_000;

/** @returns the exit status. */
export function showStatus(jobId: string, flags: StatusFlags): Promise<number> {
  const isWatching = flags.watch === true;
  return withJob(
    jobId,
    flags,
    {
      needsActivities: isWatching,
      fromStore: async (store) => {
        const report = await findReport(store, jobId);
        if (report === undefined) return null;
        show(toEndedProgress(report), null, flags);
        return EXIT.done;
      },
    },
    (job) => (isWatching ? watch(job, flags) : showOnce(job, flags))
  );
}

async function showOnce(job: JobCommand, flags: StatusFlags): Promise<number> {
  const progress = await readProgress(job);
  show(progress, job.session.jobUrl(job.handle.jobId), flags);
  await printWhatProgressLacks(job, progress);
  return EXIT.done;
}

async function watch(job: JobCommand, flags: StatusFlags): Promise<number> {
  const { session, handle, signal } = job;
  const isJson = flags.json === true;
  const display = createProgressDisplay(isJson);
  let shown = '';
  while (!signal.aborted) {
    const progress = await readProgress(job);
    const state = JSON.stringify(progress);
    if (isJson && state !== shown) print(state);
    else if (!isJson && isEnded(progress)) display.stop();
    else if (!isJson) display.update(progress);
    shown = state;
    if (isEnded(progress)) {
      display.stop();
      if (!isJson) show(progress, session.jobUrl(handle.jobId), flags);
      await printWhatProgressLacks(job, progress);
      return EXIT.done;
    }
    await Promise.race([sleep(QUERY_DELAY_MS, signal), session.broken]);
  }
  display.stop();
  return EXIT.interrupted;
}

/** From the running job; from its report once it has one; from its replayed history where it ended without. */
async function readProgress({ session, handle }: JobCommand): Promise<JobProgress> {
  const { jobId } = handle;
  const execution = await findJob(session, jobId);
  if (execution === 'running') return queryProgress(session, handle);
  const report = await findReport(session.store, jobId);
  if (report !== undefined) return toEndedProgress(report);
  if (execution === 'unknown') return refuseNotRunning(session, jobId);
  const last = await queryProgress(session, handle);
  // The history of a terminated Workflow does not say that it ended.
  return isEnded(last) ? last : { ...last, status: 'failed', phase: 'ended' };
}

function isEnded({ phase }: JobProgress): boolean {
  return phase === 'ended';
}

function show(progress: JobProgress, url: string | null, { json }: StatusFlags): void {
  if (json === true) printJson(progress);
  else print(toStatusText(progress, url, Date.now()));
}

/** Why a job failed, and whether its records were deleted, is not part of its progress. */
async function printWhatProgressLacks(
  { session, handle }: JobCommand,
  { status }: JobProgress
): Promise<void> {
  const { jobId } = handle;
  if ((await findJob(session, jobId)) === 'running') return;
  const hasWrittenRecords = status === 'completed' || status === 'canceled';
  if (hasWrittenRecords && !(await isInStore(session.store, jobId))) {
    printError(
      `The job's records were deleted from the store ${session.store.uri} (\`forget\`): this is what Temporal remembers. Running the same input again pays again.`
    );
    return;
  }
  await handle.report().catch((error: unknown) => {
    printError(toSentence(error));
  });
}
