import type { Command } from 'commander';
import { hint } from '../flags/hints';
import { plural } from '../text/output';
import { addTargetFlags, type TargetFlags } from '../flags/target';
import { batchesAtApi, sendSignal } from '../jobs/signal-command';

const EXAMPLES = `
Nothing new is submitted until \`resume\`; batches that are at the API run on, and their results are collected.

Examples:
  $ message-batches pause nightly
  $ message-batches resume nightly`;

export function addPauseCommand(program: Command): void {
  const command = program
    .command('pause')
    .summary('stop new submissions of a job')
    .description('Stops new paid calls of a job. What is at the API is watched and collected.')
    .argument('<JOB>', 'id of the job');
  addTargetFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((jobId: string, flags: TargetFlags) =>
      sendSignal(jobId, flags, {
        needsActivities: false,
        send: (handle) => handle.pause(),
        isDone: ({ status, phase }) => status !== 'running' || phase === 'canceling',
        describe: ({ after }, { session }) => {
          if (after?.phase === 'canceling') {
            return `The job ${jobId} is being canceled already: nothing new is submitted, and what is finished is collected.`;
          }
          const running = batchesAtApi(after);
          const batches =
            running === 0
              ? ''
              : ` ${plural(running, 'batch')} at the API ${running === 1 ? 'runs' : 'run'} on.`;
          return `The job ${jobId} is paused: nothing new is submitted.${batches} To go on: ${hint(session.target, 'resume', jobId)}`;
        },
      })
    );
}
