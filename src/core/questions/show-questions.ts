/**
 * The questions of a job as people see them: what is asked, and what each answer does.
 *
 * @module
 */
import type { ChunkState } from '../../contract/children';
import { chunkLabel } from '../../contract/names';
import type { Question, QuestionAnswer, QuestionKind } from '../../contract/public';

/** An answer that the job ignored, and the question that was open in a chunk at that time. */
export interface IgnoredAnswer {
  readonly question: number;
  readonly why: string;
}

/** The answers to each kind of question, as flags of the command `answer`. */
const ANSWERS: Readonly<
  Record<QuestionKind, readonly (Omit<QuestionAnswer, 'command'> & { readonly flags: string })[]>
> = {
  submission: [
    {
      flags: '--submission absent',
      effect: 'Says that no batch was created: the chunk is submitted again.',
      may_pay_usd: null,
    },
    {
      flags: '--submission msgbatch_…',
      effect: 'Names the batch that was created: its results are collected.',
      may_pay_usd: '0',
    },
  ],
  batch: [
    {
      flags: '--batch gone',
      effect: 'Gives up the batch: its requests are reported as missing and not submitted again.',
      may_pay_usd: '0',
    },
  ],
  results: [
    {
      flags: '--results accept',
      effect:
        'Accepts the results as they are: requests without one are reported as missing and not submitted again.',
      may_pay_usd: '0',
    },
  ],
};

/** What is known of a job's questions. */
export interface QuestionsView {
  readonly jobId: string;
  readonly chunks: readonly ChunkState[];
  /** By chunk. Each is shown in the reason for as long as its question is open. */
  readonly ignoredAnswers: ReadonlyMap<string, IgnoredAnswer>;
}

export function toQuestions({ jobId, chunks, ignoredAnswers }: QuestionsView): Question[] {
  return chunks.flatMap(({ question, ...name }) => {
    if (!question) return [];
    const { number, kind, reason } = question;
    const chunk = chunkLabel(name);
    const note = ignoredAnswers.get(chunk);
    return [
      {
        chunk,
        question: number,
        kind,
        reason: note?.question === number ? `An answer was ignored: ${note.why} ${reason}` : reason,
        answers: ANSWERS[kind].map(({ flags, ...answer }) => ({
          command: `npx temporal-message-batches answer ${jobId} --chunk ${chunk} ${flags}`,
          ...answer,
        })),
      },
    ];
  });
}

/** Every question with the commands that answer it, one a line. */
export function listAnswers(questions: readonly Question[]): string[] {
  return questions.flatMap(({ chunk, reason, answers }) => [
    `Chunk ${chunk} asks: ${reason}`,
    ...answers.map(({ command, effect }) => `  ${command}\n    ${effect}`),
  ]);
}
