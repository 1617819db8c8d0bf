import type { Command } from 'commander';
import type { TargetFlags } from '../flags/target-flags';
import { runCommand } from '../text/run-command';
import { addJobCommand } from './sections';

export function addCancelCommand(program: Command): void {
  addJobCommand(program, {
    name: 'cancel',
    summary: 'cancel a job and keep its finished results',
    description: 'Cancels a job, and its batches at the API. Finished results are kept and paid.',
    notes: 'Nothing new is submitted. The job ends when the API has ended its batches.',
    examples: [
      ['cancel nightly'],
      ['status nightly --watch', 'until the API has ended the batches'],
      ['results nightly --out results', 'the finished results'],
    ],
  }).action((jobId: string, flags: TargetFlags) =>
    runCommand(async () => (await import('../jobs/control-job.js')).cancelJob(jobId, flags))
  );
}
