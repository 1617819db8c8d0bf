/**
 * `run`: a client and a Worker in one, from the input to the files in DIR.
 */
import type { JobHandle } from '../../client/job-handle';
import type { Report } from '../../contract/public';
import { openStore } from '../../store/open-store';
import { assertKey } from '../session/api-key';
import { isBackgroundRunning } from '../session/background';
import { commandError } from '../text/errors';
import { reportExitStatus } from '../text/exit-status';
import { followJob } from '../jobs/follow';
import { hint } from '../flags/hints';
import { listenForInterrupt } from '../session/interrupt';
import { toReportSentence, toReportText } from '../text/job-text';
import { claimOutFolder, copyOutputs, toOutNote } from './out-folder';
import { isTerminal, print, printJson, quote, printError } from '../text/output';
import { createPauseWatch } from '../jobs/pause-watch';
import { createProgressDisplay, type ProgressDisplay } from '../text/progress-display';
import type { RunPlan } from './run-plan';
import { findEndedJob, releaseRefusedFolder, startJob } from './run-start';
import { openSession, type Session, type WorkerKind } from '../session/session';

/** One `run` on its way. */
interface Run {
  readonly plan: RunPlan;
  readonly isJson: boolean;
  readonly display: ProgressDisplay;
  readonly signal: AbortSignal;
  /** Null until it is known. */
  jobId: string | null;
}

/** After this long, the user who pressed Ctrl-C learns what the command still waits for. */
const PATIENCE_MS = 3_000;

/** @returns the exit status. */
export async function runJob(plan: RunPlan, isJson: boolean): Promise<number> {
  const endedId = await findEndedJob(plan);
  return endedId === null ? runToEnd(plan, isJson) : fetchEnded(plan, endedId, isJson);
}

async function fetchEnded(plan: RunPlan, jobId: string, isJson: boolean): Promise<number> {
  const { target, options, outDir } = plan;
  const store = await openStore(target.store);
  if (outDir === null) throw commandError('Name the folder for the results: --out DIR.');
  await claimOutFolder(outDir, toOutNote(jobId, target, options));
  const report = await copyOutputs(store, jobId, outDir);
  showReport(report, outDir, isJson);
  return reportExitStatus(report);
}

async function runToEnd(plan: RunPlan, isJson: boolean): Promise<number> {
  const worker = workerKind(plan);
  if (worker === 'full') assertKey();
  const interrupt = listenForInterrupt();
  const display = createProgressDisplay(isJson);
  const run: Run = { plan, isJson, display, signal: interrupt.signal, jobId: null };
  const opening = openSession(plan.target, { worker, onNote: display.note });
  const running = opening.then((session) => runInSession(session, run));
  // After Ctrl-C its result is ignored.
  running.catch(() => undefined);
  try {
    return await Promise.race([
      running,
      interrupt.interrupted.then((exitStatus) => {
        display.stop();
        printError(toInterruptText(run));
        return exitStatus;
      }),
    ]);
  } finally {
    display.stop();
    await closeInTime(opening, interrupt.signal);
    interrupt.dispose();
  }
}

async function runInSession(session: Session, run: Run): Promise<number> {
  const { plan, display, isJson, signal } = run;
  const handle = await startJob(session, plan, signal);
  run.jobId = handle.jobId;
  if (!isJson || isTerminal()) display.note(toStartText(session, handle.jobId));
  const report = await follow(session, handle, run);
  const { outDir } = plan;
  if (outDir !== null) await copyOutputs(session.store, handle.jobId, outDir);
  display.stop();
  showReport(report, outDir, isJson);
  return reportExitStatus(report);
}

async function follow(session: Session, handle: JobHandle, run: Run): Promise<Report> {
  const { plan, display, signal } = run;
  const watchPause = createPauseWatch({
    handle,
    display,
    isTerminal: isTerminal(),
    resumeHint: hint(plan.target, 'resume', handle.jobId),
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
    await releaseRefusedFolder(session, handle.jobId, plan, error);
    throw error;
  }
}

/** The command line has one account; others belong to Workers that run elsewhere. */
function workerKind({ options, target }: RunPlan): WorkerKind {
  const { account = 'default' } = options;
  if (account === 'default') return 'full';
  if (target.temporal !== null) return 'workflows';
  throw commandError(
    `The embedded server's Workers have only the account \`default\`: the account ${account} takes a Temporal server whose Workers have it (TEMPORAL_ADDRESS).`
  );
}

async function closeInTime(opening: Promise<Session>, signal: AbortSignal): Promise<void> {
  const timer = setTimeout(() => {
    if (signal.aborted)
      printError('Waiting for what is at hand to end; Ctrl-C again leaves at once.');
  }, PATIENCE_MS);
  const session = await opening.catch(() => null);
  await session?.close();
  clearTimeout(timer);
}

function toStartText(session: Session, jobId: string): string {
  const url = session.jobUrl(jobId);
  return url === null ? `Job ${jobId}` : `Job ${jobId} · ${url}`;
}

function showReport(report: Report, outDir: string | null, isJson: boolean): void {
  if (isJson) {
    printJson(report);
    return;
  }
  print(toReportText(report));
  const where = outDir === null ? '' : ` Results, failures and report are in ${outDir}.`;
  printError(`${toReportSentence(report)}${where}`);
}

function toInterruptText({ plan, jobId }: Run): string {
  const { target, outDir } = plan;
  if (jobId === null) return 'Stopped before the job was started: nothing was submitted.';
  const goOn =
    outDir === null
      ? hint(target, 'status', jobId, '--watch')
      : `message-batches run --out ${quote(outDir)}`;
  return [
    `The command has stopped; the job ${jobId} has not. ${toStandingText(plan)}`,
    `  to go on:   ${goOn}`,
    `  to cancel:  ${hint(target, 'cancel', jobId)}`,
  ].join('\n');
}

function toStandingText({ target }: RunPlan): string {
  if (target.temporal !== null) return 'It goes on with the Workers of its task queue.';
  if (isBackgroundRunning(target.stateDir)) return 'It goes on in the background.';
  return `It is kept in ${target.stateDir} and goes on with the next command; its batches run on at the API.`;
}
