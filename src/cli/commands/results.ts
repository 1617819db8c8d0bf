import { resolve } from 'node:path';
import type { Command } from 'commander';
import { commandError } from '../text/errors';
import { hint } from '../flags/hints';
import { reportExitStatus } from '../text/exit-status';
import { withJob } from '../jobs/job-command';
import { findExecution } from '../../client/execution';
import { findReport } from '../../records/own-report';
import { refuseNotRunning } from '../jobs/job-lookup';
import { toReportSentence } from '../text/job-text';
import { claimOutFolder, copyOutputs, toOutNote } from '../run/out-folder';
import { printJson, printError } from '../text/output';
import { addTargetFlags, type TargetFlags, type Target } from '../flags/target';
import type { Store } from '../../store/store';

interface ResultsFlags extends TargetFlags {
  readonly out: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ message-batches results nightly --out results
  $ jq -r '[.custom_id, .result.message.content[0].text] | @tsv' results/results.jsonl

Exit status: 0 every request succeeded, 2 the job ended with failures, 3 it was canceled, 1 anything else.`;

export function addResultsCommand(program: Command): void {
  const command = program
    .command('results')
    .summary('fetch the results of a job that has ended')
    .description(
      'Copies results.jsonl, failures.jsonl and report.json of an ended job into DIR.\n' +
        'Of a job that still runs it writes nothing and exits with 1.'
    )
    .argument('<JOB>', 'id of the job')
    .requiredOption('-o, --out <dir>', 'folder for the three files')
    .option('--json', 'print the report as JSON and nothing else on standard output');
  addTargetFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((jobId: string, flags: ResultsFlags) =>
      withJob(
        jobId,
        flags,
        {
          needsActivities: false,
          fromStore: (store, target) => fetchEnded(store, target, jobId, flags),
        },
        async ({ session }) => {
          if ((await findExecution(session.client, jobId)) !== 'running') {
            return refuseNotRunning(session, jobId);
          }
          throw commandError(
            `The job ${jobId} still runs; nothing was written. To wait for its end: ${hint(session.target, 'status', jobId, '--watch')}`
          );
        }
      )
    );
}

async function fetchEnded(
  store: Store,
  target: Target,
  jobId: string,
  { out, json }: ResultsFlags
): Promise<number | null> {
  if ((await findReport(store, jobId)) === undefined) return null;
  const dir = resolve(out);
  await claimOutFolder(dir, toOutNote(jobId, target, {}));
  const report = await copyOutputs(store, jobId, dir);
  if (json === true) printJson(report);
  else printError(`${toReportSentence(report)} Results, failures and report are in ${dir}.`);
  return reportExitStatus(report);
}
