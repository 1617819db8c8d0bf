/**
 * `run`: a client and a Worker in one, from the input to the files in DIR.
 */
import type { JobHandle } from '../../client/job-handle';
import type { Report } from '../../contract/public';
import { openStore } from '../../store/open-store';
import { COMMAND } from '../text/command-name';
import { commandError } from '../text/errors';
import { reportExitStatus } from '../text/exit-status';
import { isTerminal, printError, quote } from '../text/output';
import { createProgressDisplay, type ProgressDisplay } from '../text/progress-display';
import { hint } from '../flags/hints';
import { assertKey } from '../session/api-key';
import { isBackgroundRunning } from '../session/background';
import type { Session, WorkerKind } from '../session/session';
import { withSession } from '../session/with-session';
import { followJob } from '../jobs/follow';
import { createPauseWatch } from '../jobs/pause-watch';
import { fetchResults, printReport } from './fetch-results';
import { copyOutputs } from './out-folder';
import type { ContinuedRun, FetchRun, NewRun, RunRequest } from './run-request';
import { fetchIfEnded, releaseRefusedFolder, startJob } from './run-start';

/** A `run` in progress. */
interface Run {
  readonly request: NewRun | ContinuedRun;
  readonly isJson: boolean;
  readonly display: ProgressDisplay;
  /** Null until the job is started. */
  jobId: string | null;
}

/** @returns the exit status. */
export async function runJob(given: RunRequest, isJson: boolean): Promise<number> {
  const request = await fetchIfEnded(given);
  switch (request.kind) {
    case 'fetch':
      return fetchEnded(request, isJson);
    case 'new':
    case 'continue':
      return runToEnd(request, isJson);
  }
}

async function fetchEnded(request: FetchRun, isJson: boolean): Promise<number> {
  const exitStatus = await fetchResults(await openStore(request.target.store), request, isJson);
  if (exitStatus !== null) return exitStatus;
  throw commandError(`The job ${request.jobId} has no report in the store.`);
}

async function runToEnd(request: NewRun | ContinuedRun, isJson: boolean): Promise<number> {
  const worker = workerKind(request);
  if (worker === 'full') assertKey();
  const display = createProgressDisplay(isJson);
  const run: Run = { request, isJson, display, jobId: null };
  const onInterrupt = (exitStatus: number): number => {
    display.stop();
    printError(toInterruptText(run));
    return exitStatus;
  };
  return withSession(
    request.target,
    { worker, onNote: display.note, onInterrupt },
    async (session, signal) => {
      try {
        return await runInSession(session, run, signal);
      } finally {
        display.stop();
      }
    }
  );
}

async function runInSession(session: Session, run: Run, signal: AbortSignal): Promise<number> {
  const { request, display, isJson } = run;
  const handle = await startJob(session, request, signal);
  run.jobId = handle.jobId;
  if (!isJson || isTerminal()) display.note(toStartText(session, handle.jobId));
  const report = await follow(session, handle, run, signal);
  const { outDir } = request;
  if (outDir !== null) await copyOutputs(session.store, handle.jobId, outDir);
  display.stop();
  printReport(report, outDir, isJson);
  return reportExitStatus(report);
}

async function follow(
  session: Session,
  handle: JobHandle,
  { request, display }: Run,
  signal: AbortSignal
): Promise<Report> {
  const watchPause = createPauseWatch({
    handle,
    display,
    isTerminal: isTerminal(),
    resumeHint: hint(request.target, 'resume', handle.jobId),
  });
  try {
    return await followJob(session, handle, {
      signal,
      onProgress: (progress) => {
        display.update(progress);
        watchPause(progress);
      },
      onTrouble: (trouble) => {
        display.note(`Trying again: ${trouble}`);
      },
    });
  } catch (error) {
    await releaseRefusedFolder(session, handle.jobId, request.outDir, error);
    throw error;
  }
}

/** The command's own Worker has one account; Workers of other accounts are the user's own. */
function workerKind({ options, target }: NewRun | ContinuedRun): WorkerKind {
  const { account = 'default' } = options;
  if (account === 'default') return 'full';
  if (target.temporal !== null) return 'workflows';
  throw commandError(
    `The Workers of a dev server have only the account \`default\`: the account ${account} needs a Temporal server whose Workers have it (TEMPORAL_ADDRESS).`
  );
}

function toStartText(session: Session, jobId: string): string {
  const url = session.jobUrl(jobId);
  return url === null ? `Job ${jobId}` : `Job ${jobId} · ${url}`;
}

function toInterruptText({ request, jobId }: Run): string {
  const { target, outDir } = request;
  if (jobId === null) return 'Stopped before the job was started: nothing was submitted.';
  const next =
    outDir === null
      ? hint(target, 'status', jobId, '--watch')
      : `${COMMAND} run --out ${quote(outDir)}`;
  return [
    `The command has stopped; the job ${jobId} has not. ${toWhereaboutsText(request)}`,
    `  to continue:  ${next}`,
    `  to cancel:    ${hint(target, 'cancel', jobId)}`,
  ].join('\n');
}

function toWhereaboutsText({ target }: RunRequest): string {
  if (target.temporal !== null) return 'The Workers of its task queue continue it.';
  if (isBackgroundRunning(target.stateDir)) return 'It continues in the background.';
  return `It is kept in ${target.stateDir} and continues with the next command; its batches continue at the API.`;
}
