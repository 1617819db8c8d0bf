import { Option, type Command } from 'commander';
import type { ForgetFlags } from '../jobs/forget-job';
import { runCommand } from '../text/run-command';
import { addJobCommand } from './sections';

export function addForgetCommand(program: Command): void {
  addJobCommand(program, {
    name: 'forget',
    summary: 'remove an ended job from the store',
    description: "Removes an ended job's objects from the store: input, results, records.",
    notes: `The records keep a job from paying twice. Once they are removed, running the same input again pays again.
Files that were copied with --out stay.`,
    examples: [
      ['forget nightly'],
      ['forget nightly --yes', 'asks nothing: for scripts'],
      ['forget nightly --force', 'also if batches were submitted and never collected'],
    ],
    options: [
      new Option('-y, --yes', 'ask nothing; needed where there is no terminal'),
      new Option('--force', 'give up a job that stopped before its end, and what was paid for it'),
    ],
  }).action((jobId: string, flags: ForgetFlags) =>
    runCommand(async () => (await import('../jobs/forget-job.js')).forgetJob(jobId, flags))
  );
}
