import type { Command } from 'commander';
import type { TargetFlags } from '../flags/target-flags';
import { runCommand } from '../text/run-command';
import { addJobCommand } from './sections';

export function addCheckNowCommand(program: Command): void {
  addJobCommand(program, {
    name: 'check-now',
    summary: 'check the batches of a job at once',
    description: 'Checks every running batch of a job at once.',
    notes: 'A job checks its batches by itself; old batches less often, up to --check-max apart.',
    examples: [['check-now nightly']],
  }).action((jobId: string, flags: TargetFlags) =>
    runCommand(async () => (await import('../jobs/control-job.js')).checkJobNow(jobId, flags))
  );
}
