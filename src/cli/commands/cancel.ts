import type { Command } from 'commander';
import { hint } from '../flags/hints';
import { hasOtherUsers, type JobCommand } from '../jobs/job-command';
import { plural } from '../text/output';
import { addTargetFlags, type TargetFlags } from '../flags/target';
import { batchesAtApi, sendSignal, type SignalEffect } from '../jobs/signal-command';

const EXAMPLES = `
Nothing new is submitted, what runs at the API is canceled there, and every finished result is kept.

Examples:
  $ message-batches cancel nightly
  $ message-batches status nightly --watch            until the API has ended the batches
  $ message-batches results nightly --out results     what finished before`;

export function addCancelCommand(program: Command): void {
  const command = program
    .command('cancel')
    .summary('cancel a job and keep what is finished')
    .description('Cancels a job: its batches at the API too. Finished results are kept and paid.')
    .argument('<JOB>', 'id of the job');
  addTargetFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((jobId: string, flags: TargetFlags) =>
      sendSignal(jobId, flags, {
        needsActivities: true,
        send: (handle) => handle.cancel(),
        isDone: ({ phase, batches }) =>
          phase === 'ended' ||
          (phase === 'canceling' && batches.every((batch) => batch.phase !== 'processing')),
        describe,
      })
    );
}

async function describe({ after }: SignalEffect, { session, handle }: JobCommand): Promise<string> {
  const { jobId } = handle;
  const { target } = session;
  if (after?.phase === 'ended') return `The job ${jobId} is canceled and has ended.`;
  const running = batchesAtApi(after);
  const batches = running === 0 ? '' : ` ${plural(running, 'batch')} at the API will end soon.`;
  const needsHelp = target.temporal === null && !(await hasOtherUsers(target.stateDir));
  const next = needsHelp
    ? ` To collect what is finished: ${hint(target, 'status', jobId, '--watch')}`
    : ' What is finished is collected then.';
  return `The job ${jobId} is being canceled: nothing new is submitted.${batches}${next}`;
}
