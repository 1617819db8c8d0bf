/**
 * Questions that only a person can answer: a chunk asks one at a time, and takes only an answer to that one.
 *
 * The job routes answers (`src/core/questions/route-answer.ts`): an answer that two chunks take as theirs pays twice.
 */
import { condition } from '@temporalio/workflow';
import type { Answer, PauseKind, QuestionKind } from '../../src/contract/public';
import { durationText } from '../../src/core/view/duration';
import { resumesFor, type Control } from '../common/control';
import type { Chunk } from './chunk-state';

export interface Asked {
  readonly kind: QuestionKind;
  /** What is asked, and why. */
  readonly reason: string;
}

/** Pauses the chunk until a person answers. Neither a `resume` nor a cancellation ends the wait. */
export async function askUntilAnswered(chunk: Chunk, asked: Asked): Promise<Answer> {
  await openQuestion(chunk, asked);
  await condition(() => chunk.answer !== null);
  return takeAnswer(chunk);
}

/**
 * Pauses the chunk until a person answers, or until what is asked about should be tried again: after `retryMs`, a
 * `resume`, `checkNow` or a cancellation. The question stays open during that try.
 *
 * @returns null without an answer.
 */
export async function askOrRetry(chunk: Chunk, asked: Asked): Promise<Answer | null> {
  const { control, retryMs } = chunk;
  // Read before the Signal to the job: a `resume` can arrive in the same Workflow Task as its acknowledgment.
  const isWoken = wakes(control, pauseKind(asked));
  await openQuestion(chunk, asked);
  const isOver = (): boolean => chunk.answer !== null || isWoken();
  const summary = `paused (${asked.kind}), next try in ${durationText(retryMs)}`;
  if (!isOver()) await condition(isOver, retryMs, { summary });
  return chunk.answer === null ? null : takeAnswer(chunk);
}

/** Asks whether a batch that the API has lost is given up. @returns true when a person has given it up. */
export async function isGivenUp(chunk: Chunk, what: string): Promise<boolean> {
  const reason = `${what} If it is lost for good, give it up: its requests are then reported as missing.`;
  return (await askOrRetry(chunk, { kind: 'batch', reason })) !== null;
}

/** A question that is open already keeps its number, and the answer that has arrived meanwhile. */
async function openQuestion(chunk: Chunk, asked: Asked): Promise<void> {
  const { question } = chunk.state;
  if (question?.kind === asked.kind && question.reason === asked.reason) return;
  // Workflow time: also higher than the numbers of an earlier execution.
  const number = Math.max(Date.now(), chunk.lastQuestion + 1);
  chunk.lastQuestion = number;
  await chunk.change({
    pause: { kind: pauseKind(asked), reason: asked.reason },
    question: { number, ...asked },
  });
}

/** Takes the answer and closes the question. */
async function takeAnswer(chunk: Chunk): Promise<Answer> {
  const { answer } = chunk;
  if (answer === null) throw new Error('Expected an answer.');
  await chunk.setPause(null);
  return answer;
}

function pauseKind({ kind }: Asked): PauseKind {
  return kind === 'submission' ? 'submission' : 'batch';
}

function wakes(control: Control, kind: PauseKind): () => boolean {
  const { canceling, checks } = control;
  const resumes = resumesFor(control, kind);
  return () =>
    control.canceling !== canceling ||
    control.checks !== checks ||
    resumesFor(control, kind) !== resumes;
}
