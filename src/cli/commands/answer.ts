import { InvalidArgumentError, Option, type Command } from 'commander';
import type { AnswerFlags } from '../jobs/answer-job';
import { runCommand } from '../text/run-command';
import { addJobCommand } from './sections';

export function addAnswerCommand(program: Command): void {
  addJobCommand(program, {
    name: 'answer',
    summary: 'answer what a job asks',
    description: 'Answers a question that a chunk of the job asks.',
    notes:
      '`status` shows the questions, each with its answers and what they do. An answer that fits no open question is refused.',
    examples: [
      ['answer nightly --submission absent', 'no batch was created: submit again'],
      ['answer nightly --submission msgbatch_01HkcTj…', 'this is the batch that was created'],
      ['answer nightly --chunk 1-1 --batch gone', 'the API has lost the batch: give it up'],
      ['answer nightly --results accept', 'take incomplete results as they are'],
    ],
    options: [
      new Option('--chunk <name>', 'the chunk that asks: 1-0; required while several ask'),
      new Option('--submission <answer>', 'what became of a submission: absent, or the batch’s id')
        .argParser(toSubmission)
        .conflicts(['batch', 'results']),
      new Option('--batch <answer>', 'gone: give up a batch that the API has lost')
        .argParser((answer) => toOnly('gone', answer))
        .conflicts('results'),
      new Option('--results <answer>', 'accept: take incomplete results as they are').argParser(
        (answer) => toOnly('accept', answer)
      ),
    ],
  }).action((jobId: string, flags: AnswerFlags) =>
    runCommand(async () => (await import('../jobs/answer-job.js')).answerJob(jobId, flags))
  );
}

function toSubmission(answer: string): NonNullable<AnswerFlags['submission']> {
  if (answer === 'absent') return answer;
  if (/^msgbatch_[A-Za-z0-9_-]{1,200}$/.test(answer)) return answer as `msgbatch_${string}`;
  throw new InvalidArgumentError('Expected absent, or the id of a batch: msgbatch_….');
}

function toOnly<T extends string>(only: T, answer: string): T {
  if (answer === only) return only;
  throw new InvalidArgumentError(`The only possible answer is \`${only}\`.`);
}
