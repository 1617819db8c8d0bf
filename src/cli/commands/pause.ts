import type { Command } from 'commander';
import type { TargetFlags } from '../flags/target-flags';
import { runCommand } from '../text/run-command';
import { addJobCommand } from './sections';

export function addPauseCommand(program: Command): void {
  addJobCommand(program, {
    name: 'pause',
    summary: 'stop new submissions of a job',
    description: 'Stops new paid calls of a job until `resume`.',
    notes: 'Batches at the API continue, and their results are collected.',
    examples: [['pause nightly'], ['resume nightly']],
  }).action((jobId: string, flags: TargetFlags) =>
    runCommand(async () => (await import('../jobs/control-job.js')).pauseJob(jobId, flags))
  );
}
