import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ResumeAnswer } from '../../contract/public';
import { commandError } from '../text/errors';
import { runCommand } from '../text/run-command';
import { addTargetFlags, type TargetFlags } from '../flags/target';
import { sendSignal } from '../jobs/signal-command';

interface ResumeFlags extends TargetFlags {
  readonly submission?: string;
  readonly batch?: 'gone';
}

const EXAMPLES = `
A job pauses by itself when only a person can help, and says why in \`status\`. When the answer to a submission was
lost and nobody knows whether the API made a batch of it, look in the Console and tell:

Examples:
  $ message-batches resume nightly
  $ message-batches resume nightly --submission absent              no batch was made: submit again
  $ message-batches resume nightly --submission msgbatch_01HkcTj…   this is the batch that was made
  $ message-batches resume nightly --batch gone                     the API has lost the batch: give it up`;

function isSubmission(text: string): text is NonNullable<ResumeAnswer['submission']> {
  return /^(absent|msgbatch_[A-Za-z0-9_-]{1,200})$/.test(text);
}

function toGone(word: string): 'gone' {
  if (word === 'gone') return word;
  throw new InvalidArgumentError('The only word for it is `gone`.');
}

export function addResumeCommand(program: Command): void {
  const command = program
    .command('resume')
    .summary('go on with a paused job')
    .description('Goes on with a job that a person, the account or an open question has paused.')
    .argument('<JOB>', 'id of the job')
    .addOption(
      new Option('--submission <word>', 'what became of a submission: absent, or the batch’s id')
    )
    .addOption(
      new Option(
        '--batch <word>',
        'give up a batch that the API has lost: its requests are missing'
      ).argParser(toGone)
    );
  addTargetFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((jobId: string, { submission, batch, ...flags }: ResumeFlags) => {
      if (submission !== undefined && !isSubmission(submission)) {
        return runCommand(() => {
          throw commandError(
            'Expected `--submission` to be absent, or the id of a batch: msgbatch_….'
          );
        });
      }
      return sendSignal(jobId, flags, {
        needsActivities: true,
        send: (handle) =>
          handle.resume({
            ...(submission === undefined ? {} : { submission }),
            ...(batch === undefined ? {} : { batch }),
          }),
        isDone: ({ status }) => status !== 'paused',
        describe: ({ after }) => {
          if (after?.phase === 'canceling')
            return `The job ${jobId} is being canceled, which nothing takes back.`;
          if (after?.status !== 'paused') return `The job ${jobId} goes on.`;
          return `The job ${jobId} was told to go on and is still paused: ${after.paused_reason ?? 'no reason was given.'}`;
        },
      });
    });
}
