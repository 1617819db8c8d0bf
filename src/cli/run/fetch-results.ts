/**
 * Copies an ended job's files into a folder and prints its report: the end of `run`, and `results`.
 */
import { resolve } from 'node:path';
import type { JobOptions } from '../../contract/options';
import type { Report } from '../../contract/public';
import { findReport } from '../../records/own-report';
import type { Store } from '../../store/store';
import { commandError } from '../text/errors';
import { reportExitStatus } from '../text/exit-status';
import { toReportSentence, toReportText } from '../text/job-text';
import { print, printError, printJson } from '../text/output';
import { hint } from '../flags/hints';
import type { Target } from '../flags/target';
import type { TargetFlags } from '../flags/target-flags';
import { withJob } from '../jobs/job-command';
import { findJob, refuseNotRunning } from '../jobs/job-lookup';
import { claimOutFolder, copyOutputs, toOutNote } from './out-folder';

export interface Fetch {
  readonly jobId: string;
  readonly target: Target;
  readonly options: JobOptions;
  readonly outDir: string;
}

export interface ResultsFlags extends TargetFlags {
  readonly out: string;
  readonly json?: boolean;
}

/**
 * `results`: the files of a job that has ended.
 *
 * @returns the exit status.
 * @throws CommandError when the job is still running; nothing is written then.
 */
export function resultsOf(jobId: string, flags: ResultsFlags): Promise<number> {
  const fetch = { jobId, options: {}, outDir: resolve(flags.out) };
  return withJob(
    jobId,
    flags,
    {
      needsActivities: false,
      fromStore: (store, target) => fetchResults(store, { ...fetch, target }, flags.json === true),
    },
    async ({ session }) => {
      if ((await findJob(session, jobId)) !== 'running') {
        return refuseNotRunning(session, jobId);
      }
      throw commandError(
        `The job ${jobId} is still running; nothing was written. To wait for its end: ${hint(session.target, 'status', jobId, '--watch')}`
      );
    }
  );
}

/**
 * Fetches the results of a job that has ended.
 *
 * @returns the exit status; null when the job has no report yet.
 */
export async function fetchResults(
  store: Store,
  { jobId, target, options, outDir }: Fetch,
  isJson: boolean
): Promise<number | null> {
  if ((await findReport(store, jobId)) === undefined) return null;
  await claimOutFolder(outDir, toOutNote(jobId, target, options));
  const report = await copyOutputs(store, jobId, outDir);
  printReport(report, outDir, isJson);
  return reportExitStatus(report);
}

/** Prints the report, and where the files are. */
export function printReport(report: Report, outDir: string | null, isJson: boolean): void {
  if (isJson) {
    printJson(report);
    return;
  }
  print(toReportText(report));
  const where = outDir === null ? '' : ` Results, failures and report are in ${outDir}.`;
  printError(`${toReportSentence(report)}${where}`);
}
