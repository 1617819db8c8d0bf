/**
 * Which question an answer belongs to. An answer counts for one chunk, which asked, and for no other: two chunks that
 * take the same answer pay twice.
 *
 * @module
 */
import type { ChunkState } from '../../contract/children';
import { chunkLabel } from '../../contract/names';
import type { Answer, Question, QuestionKind } from '../../contract/public';

/** What has to be known of a question to route an answer to it. */
export type OpenQuestion = Pick<Question, 'chunk' | 'question' | 'kind'>;

export type Route =
  | { readonly to: OpenQuestion }
  /** Says in one sentence why the answer is ignored. */
  | { readonly refused: string };

/** Each kind of question is answered by the member of this name. */
const KINDS = ['submission', 'batch', 'results'] as const satisfies QuestionKind[];

export function isQuestionKind(kind: unknown): kind is QuestionKind {
  return KINDS.some((known) => known === kind);
}

/** Whether an argument of `resume` answers a question. */
export function isAnswer(argument: Answer): boolean {
  return KINDS.some((kind) => argument[kind] !== undefined);
}

/** The open questions of some chunks. */
export function openQuestions(chunks: Iterable<ChunkState>): OpenQuestion[] {
  return [...chunks].flatMap(({ question, ...name }) =>
    question ? [{ chunk: chunkLabel(name), question: question.number, kind: question.kind }] : []
  );
}

/** Finds the open question that an answer belongs to. */
export function routeAnswer(answer: Answer, open: readonly OpenQuestion[]): Route {
  const kinds = KINDS.filter((kind) => answer[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    return { refused: 'An answer says one thing: `submission`, `batch` or `results`.' };
  }
  if (open.length === 0) return { refused: 'No chunk asks a question.' };
  const { chunk, question } = answer;
  if (chunk === undefined && open.length > 1) {
    return { refused: `${open.length} chunks ask a question: the answer must name its chunk.` };
  }
  const asked = open.find((asking) => chunk === undefined || asking.chunk === chunk);
  if (asked === undefined) return { refused: `Chunk ${short(chunk)} asks no question.` };
  if (question !== undefined && question !== asked.question) {
    return { refused: `Question ${question} of chunk ${asked.chunk} is no longer open.` };
  }
  if (kind !== asked.kind) {
    return { refused: `Chunk ${asked.chunk} asks for \`${asked.kind}\`, not for \`${kind}\`.` };
  }
  return { to: asked };
}

/** A Signal may name any text as its chunk. */
function short(chunk: string | undefined): string {
  return (chunk ?? '').slice(0, 40);
}
