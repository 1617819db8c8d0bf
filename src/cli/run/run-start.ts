/**
 * The start of a job by `run`: its folder is claimed first, and a refusal says what is in the way.
 */
import type { JobHandle } from '../../client/job-handle';
import { placeJob } from '../../client/place-job';
import { toRequestFile } from '../../client/request-source';
import { jobFiles } from '../../records/job-files';
import { readPlanRecord } from '../../records/plan-records';
import { openStateFolder } from '../../dev-server';
import { findMessageBatchFailure } from '../../contract/failures';
import { openStore } from '../../store/open-store';
import { commandError } from '../text/errors';
import { findReport } from '../../records/own-report';
import { claimOutFolder, releaseOutFolder, toOutNote } from './out-folder';
import type { RunPlan } from './run-plan';
import type { Session } from '../session/session';

/**
 * Finds out whether what is to run has ended already: its report needs no Temporal and no key.
 *
 * @returns the job's id; null when there is something to run.
 * @throws CommandError when the folder or the id belongs to another job.
 */
export async function findEndedJob(plan: RunPlan): Promise<string | null> {
  const { inputPath, jobId, options, target } = plan;
  // Without an id the input has to be read for one, which the start does anyway.
  if (jobId === null || inputPath === null) return jobId;
  await openStateFolder(target.stateDir);
  const store = await openStore(target.store);
  if ((await findReport(store, jobId)) === undefined) return null;
  try {
    await placeJob(store, await toRequestFile(inputPath), { jobId, options });
  } catch (error) {
    throw toMismatch(error, plan) ?? error;
  }
  return jobId;
}

/**
 * Starts the job of a plan, or attaches to it.
 *
 * @param signal - aborted: nothing is started any more.
 * @throws CommandError when the folder or the id belongs to another job.
 */
export async function startJob(
  { jobs, target }: Session,
  plan: RunPlan,
  signal?: AbortSignal
): Promise<JobHandle> {
  const { inputPath, jobId, options, outDir } = plan;
  if (inputPath === null) return jobs.getHandle(jobId ?? '');
  try {
    return await jobs.start(inputPath, {
      ...options,
      ...(jobId === null ? {} : { jobId }),
      beforeStart: async (id) => {
        signal?.throwIfAborted();
        if (outDir !== null) await claimOutFolder(outDir, toOutNote(id, target, options));
      },
    });
  } catch (error) {
    throw toMismatch(error, plan) ?? error;
  }
}

/**
 * Releases the folder when the input was refused before anything was planned, for the corrected input.
 */
export async function releaseRefusedFolder(
  { store }: Session,
  jobId: string,
  { outDir }: RunPlan,
  error: unknown
): Promise<void> {
  const isRefused = REFUSALS.some((type) => findMessageBatchFailure(error, type) !== null);
  if (outDir === null || !isRefused) return;
  const plan = await readPlanRecord(store, jobFiles(jobId).plan);
  if (plan === undefined) await releaseOutFolder(outDir, jobId);
}

const REFUSALS = [
  'MessageBatch.BadOptions',
  'MessageBatch.BadRequests',
  'MessageBatch.BadReference',
] as const;

function toMismatch(error: unknown, { isContinued, jobId, outDir }: RunPlan): Error | null {
  const mismatch = findMessageBatchFailure(error, 'MessageBatch.JobMismatch');
  if (mismatch === null || !isContinued || outDir === null) return null;
  const [, what = 'input or options differ'] = /: ([^:]+ differs?)\./.exec(mismatch.message) ?? [];
  return commandError(
    `The folder ${outDir} belongs to the job ${jobId ?? ''}, and this is another one (${what}): choose another folder.`
  );
}
