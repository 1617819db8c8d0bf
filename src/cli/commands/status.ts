import { Option, type Command } from 'commander';
import type { StatusFlags } from '../jobs/show-status';
import { runCommand } from '../text/run-command';
import { addJobCommand } from './sections';

export function addStatusCommand(program: Command): void {
  addJobCommand(program, {
    name: 'status',
    summary: 'show the progress of a job',
    description: 'Shows the progress of a job. Does not call the API.',
    examples: [
      ['status nightly'],
      ['status nightly --watch', 'until the job ends'],
      ['status nightly --json | jq .processing'],
    ],
    options: [
      new Option('-w, --watch', 'keep showing it until the job ends'),
      new Option('--json', 'print the progress object, and nothing else, on standard output'),
    ],
  }).action((jobId: string, flags: StatusFlags) =>
    runCommand(async () => (await import('../jobs/show-status.js')).showStatus(jobId, flags))
  );
}
