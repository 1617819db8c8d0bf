import type { Command } from 'commander';
import { addJobFlags, type JobFlags } from '../flags/job-flags';
import { addTargetFlags, type TargetFlags } from '../flags/target-flags';
import { COMMAND } from '../text/command-name';
import { runCommand } from '../text/run-command';
import { addSections } from './sections';

export interface RunFlags extends JobFlags, TargetFlags {
  readonly out?: string;
  readonly job?: string;
  readonly detach?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const NOTES = `FILE is JSON Lines, one request a line; a JSON array, the API's own body {"requests": […]}, gzip and pipes work too:
  {"custom_id": "doc-1", "params": {"model": "claude-haiku-4-5", "max_tokens": 256, "messages": [{"role": "user", "content": "Classify: …"}]}}

DIR gets results.jsonl, failures.jsonl and report.json, and remembers its job.`;

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .summary('run requests to their end and fetch the results')
    .description(
      'Runs the requests of FILE as one durable job and copies the results into DIR.\n' +
        'Running it again never pays again: it attaches, continues, or returns the finished results.'
    )
    .argument('[FILE]', 'requests: a path, - for standard input, a pipe, or a file:// URI')
    .option('-o, --out <dir>', 'folder for the results')
    .option('--job <id>', 'id of the job (made from the name and a hash of the input)')
    .option('--detach', 'start the job, print its id, and leave')
    .option('--dry-run', 'check every line and print what would be submitted')
    .option('--json', 'print the report as JSON, and nothing else, on standard output');
  addSections(addTargetFlags(addJobFlags(command)), {
    notes: NOTES,
    examples: [
      ['run requests.jsonl --out results', 'from start to end, with live progress'],
      ['run --out results', 'continues after Ctrl-C, a crash, a reboot'],
      ['run requests.jsonl --dry-run', 'checks every line, submits nothing'],
      ['run requests.jsonl --detach', "prints the job's id; the job runs in the background"],
      [`$ cat requests.jsonl | ${COMMAND} run - --out results --job nightly-2026-11-23`],
      ['run docs.jsonl --out results --params defaults.json --beta output-300k-2026-03-24'],
    ],
    exitStatus: `  0 every request succeeded, 2 the job ended with failures, 3 it was canceled, 1 anything else,
  130 after Ctrl-C: the command stops, and the job does not`,
  }).action((file: string | undefined, flags: RunFlags) => runCommand(() => run(file, flags)));
}

async function run(file: string | undefined, flags: RunFlags): Promise<number> {
  const { toJobOptions } = await import('../flags/job-options.js');
  const { prepareRun, releaseInput } = await import('../run/run-request.js');
  const isJson = flags.json === true;
  const request = await prepareRun(file, flags, await toJobOptions(flags));
  try {
    if (flags.dryRun === true)
      return await (await import('../run/dry-run.js')).dryRun(request, isJson);
    if (flags.detach === true) {
      return await (await import('../run/detach-job.js')).detachJob(request, isJson);
    }
    return await (await import('../run/run-job.js')).runJob(request, isJson);
  } finally {
    await releaseInput(request);
  }
}
