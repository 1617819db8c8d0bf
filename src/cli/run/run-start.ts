/**
 * The start of a job by `run`: its folder is claimed first, and a refusal names the contradiction.
 */
import type { JobHandle } from '../../client/job-handle';
import { placeJob } from '../../client/place-job';
import { toRequestFile } from '../../client/request-source';
import { findMessageBatchFailure } from '../../contract/failures';
import { openStateFolder } from '../../dev-server/state-folder';
import { jobFiles } from '../../records/job-files';
import { findReport } from '../../records/own-report';
import { readPlanRecord } from '../../records/plan-records';
import { openStore } from '../../store/open-store';
import { commandError } from '../text/errors';
import type { Session } from '../session/session';
import { claimOutFolder, releaseOutFolder, toOutNote } from './out-folder';
import type { ContinuedRun, NewRun, RunRequest } from './run-request';

/**
 * Turns a request for a job that has ended into a fetch, which needs neither Temporal nor a key.
 *
 * @throws CommandError when the job of the folder, or of the id, has other input or options.
 */
export async function fetchIfEnded(request: RunRequest): Promise<RunRequest> {
  // Without an id, the whole input has to be read to make one; the start does that anyway.
  if (request.kind === 'fetch' || request.jobId === null || request.outDir === null) return request;
  const { target, jobId, options, outDir, input } = request;
  await openStateFolder(target.stateDir);
  const store = await openStore(target.store);
  if ((await findReport(store, jobId)) === undefined) return request;
  try {
    await placeJob(store, await toRequestFile(input.path), { jobId, options });
  } catch (error) {
    throw toMismatch(error, request) ?? error;
  }
  return { kind: 'fetch', target, jobId, options, outDir };
}

/**
 * Starts the job of a request, or attaches to it.
 *
 * @param signal - aborted: nothing is started any more.
 * @throws CommandError when the job of the folder, or of the id, has other input or options.
 */
export async function startJob(
  { jobs, target }: Session,
  request: RunRequest,
  signal?: AbortSignal
): Promise<JobHandle> {
  if (request.kind === 'fetch') return jobs.getHandle(request.jobId);
  const { input, jobId, options, outDir } = request;
  try {
    return await jobs.start(input.path, {
      ...options,
      ...(jobId === null ? {} : { jobId }),
      beforeStart: async (id) => {
        signal?.throwIfAborted();
        if (outDir !== null) await claimOutFolder(outDir, toOutNote(id, target, options));
      },
    });
  } catch (error) {
    throw toMismatch(error, request) ?? error;
  }
}

/** Releases the folder when the input was refused before anything was planned: a corrected input may use the folder. */
export async function releaseRefusedFolder(
  { store }: Session,
  jobId: string,
  outDir: string | null,
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

function toMismatch(error: unknown, request: NewRun | ContinuedRun): Error | null {
  const mismatch = findMessageBatchFailure(error, 'MessageBatch.JobMismatch');
  if (mismatch === null || request.kind === 'new') return null;
  const [, what] = /: ([^:]+ differs?)\./.exec(mismatch.message) ?? [];
  // Another Workflow runs under the id: the sentence says so itself.
  if (what === undefined) return null;
  return commandError(
    `The folder ${request.outDir} belongs to the job ${request.jobId}, and this is another one (${what}): choose another folder.`
  );
}
