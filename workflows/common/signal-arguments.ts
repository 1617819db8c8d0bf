/**
 * The arguments of the Signals `pause` and `resume`: any client can send one of any shape.
 */
import { isObject } from '../../src/contract/json';
import type { Answer, Pause, PauseKind, ResumeAnswer } from '../../src/contract/public';
import { isAnswer } from '../../src/core/questions/route-answer';

/** Longer than any reason that the engine gives. */
const REASON_LENGTH_MAX = 2_000;
/** Longer than any id of a batch or a chunk. */
const TEXT_LENGTH_MAX = 300;

/** What the Signal `resume` asks for. */
export type Resume =
  | { readonly do: 'lift'; readonly kind?: PauseKind }
  | { readonly do: 'answer'; readonly answer: Answer }
  /** Its argument says something that this version does not understand: it must not lift every pause. */
  | { readonly do: 'ignore' };

/** A person's Signal has no argument, or one of any shape; a parent's has a Pause. */
export function toPause(argument: unknown): Pause {
  const { kind, reason } = toRecord(argument) as Partial<Pause>;
  if (typeof kind === 'string' && typeof reason === 'string') {
    return { kind, reason: reason.slice(0, REASON_LENGTH_MAX) };
  }
  return {
    kind: 'person',
    reason:
      typeof reason === 'string'
        ? reason.slice(0, REASON_LENGTH_MAX)
        : 'Paused by the Signal `pause`.',
  };
}

export function toResume(argument: unknown): Resume {
  const given = toRecord(argument) as Partial<ResumeAnswer>;
  if (isAnswer(given)) return isWellFormed(given) ? toAnswer(given) : { do: 'ignore' };
  if (given.chunk !== undefined || given.question !== undefined) return { do: 'ignore' };
  if (given.kind === undefined) return { do: 'lift' };
  return typeof given.kind === 'string' ? { do: 'lift', kind: given.kind } : { do: 'ignore' };
}

/** A Signal can carry anything: its argument is typed, and not checked. */
function isWellFormed(answer: Partial<Record<keyof Answer, unknown>>): boolean {
  const { chunk, question, submission, batch, results } = answer;
  return (
    (chunk === undefined || isText(chunk)) &&
    (question === undefined || Number.isSafeInteger(question)) &&
    // Any text: what is neither `absent` nor a batch's id is refused with a reason, by the Activity that checks it.
    (submission === undefined || isText(submission)) &&
    (batch === undefined || batch === 'gone') &&
    (results === undefined || results === 'accept')
  );
}

function toAnswer({ chunk, question, submission, batch, results }: Answer): Resume {
  return {
    do: 'answer',
    answer: {
      ...(chunk === undefined ? {} : { chunk }),
      ...(question === undefined ? {} : { question }),
      ...(submission === undefined ? {} : { submission }),
      ...(batch === undefined ? {} : { batch }),
      ...(results === undefined ? {} : { results }),
    },
  };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= TEXT_LENGTH_MAX;
}

function toRecord(argument: unknown): object {
  return isObject(argument) ? argument : {};
}
