import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ResumeFlags } from '../jobs/control-job';
import { runCommand } from '../text/run-command';
import { addJobCommand } from './sections';

const NOTES = `A job pauses by itself when only a person can help; \`status\` shows the reason. When the answer to a submission was
lost, and the job cannot find out whether the API created a batch, look for the batch in the Console, and answer.`;

export function addResumeCommand(program: Command): void {
  addJobCommand(program, {
    name: 'resume',
    summary: 'continue a paused job',
    description:
      'Continues a job that was paused by a person, by the account, or by an open question.',
    notes: NOTES,
    examples: [
      ['resume nightly'],
      ['resume nightly --submission absent', 'no batch was created: submit again'],
      ['resume nightly --submission msgbatch_01HkcTj…', 'this is the batch that was created'],
      ['resume nightly --batch gone', 'the API has lost the batch: give it up'],
    ],
    options: [
      new Option('--submission <answer>', 'what became of a submission: absent, or the batch’s id'),
      new Option(
        '--batch <answer>',
        'gone: give up a batch that the API has lost; its requests are missing'
      ).argParser(toGone),
    ],
  }).action((jobId: string, flags: ResumeFlags) =>
    runCommand(async () => (await import('../jobs/control-job.js')).resumeJob(jobId, flags))
  );
}

function toGone(answer: string): 'gone' {
  if (answer === 'gone') return answer;
  throw new InvalidArgumentError('The only possible answer is `gone`.');
}
