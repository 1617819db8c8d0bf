import type { Command } from 'commander';
import type { TargetFlags } from '../flags/target-flags';
import { runCommand } from '../text/run-command';
import { addJobCommand } from './sections';

export function addResumeCommand(program: Command): void {
  addJobCommand(program, {
    name: 'resume',
    summary: 'continue a paused job',
    description: 'Continues a job that was paused by a person, by the account, or by a refusal.',
    notes:
      'A job pauses by itself when only a person can help; `status` shows the reason. What the job asks is answered with `answer`.',
    examples: [['resume nightly']],
  }).action((jobId: string, flags: TargetFlags) =>
    runCommand(async () => (await import('../jobs/control-job.js')).resumeJob(jobId, flags))
  );
}
