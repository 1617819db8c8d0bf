/**
 * `answer`: a person's answer to what a chunk asks. Temporal cannot refuse a Signal, so the questions are read first.
 */
import type { Answer } from '../../contract/public';
import { routeAnswer, type OpenQuestion } from '../../core/questions/route-answer';
import { listAnswers } from '../../core/questions/show-questions';
import type { TargetFlags } from '../flags/target-flags';
import { commandError } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { print } from '../text/output';
import { withJob, type JobCommand } from './job-command';
import { findJob, queryProgress, refuseNotRunning } from './job-lookup';
import { waitForEffect } from './signal-command';

export interface AnswerFlags extends TargetFlags, Pick<Answer, 'chunk' | 'submission'> {
  readonly batch?: 'gone';
  readonly results?: 'accept';
}

/** @throws CommandError with the list of questions when the answer fits none of them; nothing is sent then. */
export function answerJob(
  jobId: string,
  { chunk, submission, batch, results, ...flags }: AnswerFlags
): Promise<number> {
  const answer: Answer = {
    ...(chunk === undefined ? {} : { chunk }),
    ...(submission === undefined ? {} : { submission }),
    ...(batch === undefined ? {} : { batch }),
    ...(results === undefined ? {} : { results }),
  };
  return withJob(jobId, flags, { needsActivities: true }, (command) => send(command, answer));
}

async function send(command: JobCommand, answer: Answer): Promise<number> {
  const { session, handle } = command;
  if ((await findJob(session, handle.jobId)) !== 'running') {
    await refuseNotRunning(session, handle.jobId);
  }
  const { questions } = await queryProgress(session, handle);
  const route = routeAnswer(answer, questions);
  if ('refused' in route) {
    throw commandError([route.refused, ...listAnswers(questions)].join('\n'));
  }
  const { chunk, question } = route.to;
  await handle.resume({ ...answer, chunk, question });
  const after = await waitForEffect(command, (progress) => !isOpen(route.to, progress.questions));
  const next = after?.questions.find((open) => open.chunk === chunk);
  if (after === null || next?.question === question) {
    print(`The answer was sent; chunk ${chunk} uses it when a Worker runs.`);
    return EXIT.done;
  }
  if (next !== undefined) {
    throw commandError(`Chunk ${chunk} refused the answer and asks again: ${next.reason}`);
  }
  print(`Chunk ${chunk} uses the answer.`);
  return EXIT.done;
}

function isOpen(asked: OpenQuestion, open: readonly OpenQuestion[]): boolean {
  return open.some(({ chunk, question }) => chunk === asked.chunk && question === asked.question);
}
