import type { Command } from 'commander';
import { addJobFlags, toJobOptions, type JobFlags } from '../flags/job-flags';
import { runJob } from '../run/run-job';
import { prepareRun } from '../run/run-plan';
import { addTargetFlags, type TargetFlags } from '../flags/target';
import { runCommand } from '../text/run-command';
import { dryRun } from '../run/dry-run';
import { detachJob } from '../run/detach-job';

export interface RunFlags extends JobFlags, TargetFlags {
  readonly out?: string;
  readonly job?: string;
  readonly detach?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
FILE is JSON Lines, one request a line; a JSON array, the API's own body {"requests": […]}, gzip and pipes work too:
  {"custom_id": "doc-1", "params": {"model": "claude-haiku-4-5", "max_tokens": 256, "messages": [{"role": "user", "content": "Classify: …"}]}}

DIR gets results.jsonl, failures.jsonl and report.json, and remembers its job.

Examples:
  $ message-batches run requests.jsonl --out results          from start to end, with live progress
  $ message-batches run --out results                         goes on where it was: after Ctrl-C, a crash, a reboot
  $ message-batches run requests.jsonl --dry-run              checks every line, submits nothing
  $ message-batches run requests.jsonl --detach               prints the job's id and leaves it in the background
  $ cat requests.jsonl | message-batches run - --out results --job nightly-2026-11-23
  $ message-batches run docs.jsonl --out results --params defaults.json --beta output-300k-2026-03-24

Exit status: 0 every request succeeded, 2 the job ended with failures, 3 it was canceled, 1 anything else,
130 after Ctrl-C: the command stops and the job does not.`;

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .summary('run requests to their end and fetch the results')
    .description(
      'Runs the requests of FILE as one durable job and copies the results into DIR.\n' +
        'Running it again never pays again: it attaches, goes on, or returns what is there.'
    )
    .argument('[FILE]', 'requests: a path, - for standard input, a pipe, or a file:// URI')
    .option('-o, --out <dir>', 'folder for the results')
    .option('--job <id>', 'id of the job (made of the name and a hash of the input)')
    .option('--detach', 'start the job, print its id, and leave')
    .option('--dry-run', 'check every line and say what would be submitted')
    .option('--json', 'print the report as JSON and nothing else on standard output');
  addTargetFlags(addJobFlags(command))
    .addHelpText('after', EXAMPLES)
    .action((file: string | undefined, flags: RunFlags) =>
      runCommand(async () => {
        const options = await toJobOptions(flags);
        const plan = await prepareRun(file, flags, options);
        try {
          if (flags.dryRun === true) return await dryRun(plan, isJson(flags));
          if (flags.detach === true) return await detachJob(plan, isJson(flags));
          return await runJob(plan, isJson(flags));
        } finally {
          await plan.release();
        }
      })
    );
}

function isJson({ json }: RunFlags): boolean {
  return json === true;
}
