import type { Command } from 'commander';
import { plural } from '../text/output';
import { addTargetFlags, type TargetFlags } from '../flags/target';
import { batchesAtApi, sendSignal } from '../jobs/signal-command';

const EXAMPLES = `
A job looks at its batches by itself, seldom when they are old (--check-max). This is for when you know better.

Examples:
  $ message-batches check-now nightly`;

export function addCheckNowCommand(program: Command): void {
  const command = program
    .command('check-now')
    .summary('look at the batches of a job at once')
    .description('Looks at every running batch of a job at once.')
    .argument('<JOB>', 'id of the job');
  addTargetFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((jobId: string, flags: TargetFlags) =>
      sendSignal(jobId, flags, {
        needsActivities: true,
        send: (handle) => handle.checkNow(),
        isDone: () => true,
        describe: ({ before }) => {
          const running = batchesAtApi(before);
          return running === 0
            ? `The job ${jobId} has no batch at the API to look at now.`
            : `The job ${jobId} looks at ${plural(running, 'batch')} at the API now.`;
        },
      })
    );
}
