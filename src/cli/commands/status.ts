import type { Command } from 'commander';
import type { JobProgress } from '../../contract/public';
import { toSentence } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { sleep } from '../session/interrupt';
import { withJob, type JobCommand } from '../jobs/job-command';
import { findExecution } from '../../client/execution';
import { findReport } from '../../records/own-report';
import { queryProgress, refuseNotRunning, toEndedProgress } from '../jobs/job-lookup';
import { toStatusText } from '../text/job-text';
import { print, printJson, printError } from '../text/output';
import { createProgressDisplay } from '../text/progress-display';
import { addTargetFlags, type TargetFlags } from '../flags/target';

interface StatusFlags extends TargetFlags {
  readonly watch?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ message-batches status nightly                 the job's progress
  $ message-batches status nightly --watch         the same until it ends
  $ message-batches status nightly --json | jq .processing`;

export function addStatusCommand(program: Command): void {
  const command = program
    .command('status')
    .summary('show the progress of a job')
    .description('Shows the progress of a job. Does not call the API.')
    .argument('<JOB>', 'id of the job')
    .option('-w, --watch', 'go on showing it until it ends')
    .option('--json', 'print the progress object and nothing else on standard output');
  addTargetFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((jobId: string, flags: StatusFlags) =>
      withJob(
        jobId,
        flags,
        {
          needsActivities: flags.watch === true,
          fromStore: async (store) => {
            const report = await findReport(store, jobId);
            if (report === undefined) return null;
            show(toEndedProgress(report), null, flags);
            return EXIT.done;
          },
        },
        (job) => (flags.watch === true ? watch(job, flags) : look(job, flags))
      )
    );
}

async function look(job: JobCommand, flags: StatusFlags): Promise<number> {
  show(await readProgress(job), job.session.jobUrl(job.handle.jobId), flags);
  await printFailure(job);
  return EXIT.done;
}

/** How often a watched job is asked. */
const QUERY_DELAY_MS = 1_000;

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
      await printFailure(job);
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
  const execution = await findExecution(session.client, jobId);
  if (execution === 'running') return queryProgress(session, handle);
  const report = await findReport(session.store, jobId);
  if (report !== undefined) return toEndedProgress(report);
  if (execution === 'unknown') return refuseNotRunning(session, jobId);
  const last = await queryProgress(session, handle);
  // A terminated Workflow does not know of its end.
  return isEnded(last) ? last : { ...last, status: 'failed', phase: 'ended' };
}

function isEnded({ phase }: JobProgress): boolean {
  return phase === 'ended';
}

function show(progress: JobProgress, url: string | null, { json }: StatusFlags): void {
  if (json === true) printJson(progress);
  else print(toStatusText(progress, url, Date.now()));
}

/** Why a job failed is no part of its progress. */
async function printFailure({ session, handle }: JobCommand): Promise<void> {
  if ((await findExecution(session.client, handle.jobId)) === 'running') return;
  await handle.report().catch((error: unknown) => {
    printError(toSentence(error));
  });
}
