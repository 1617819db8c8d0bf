import { setTimeout as sleep } from 'node:timers/promises';
import { errorAnswer, errorTypeOf, usualMessage } from '../../api-shapes/answers';
import type { Answer } from '../../api-shapes/answers';
import type { BodyEdit, ErrorAction, FaultAction, RespondAction, ResultsAction } from './faults';

/** What the faults of one stage do to a call. */
export interface Strike {
  /** Sent instead of the real answer. */
  readonly answer: Answer | null;
  /** The connection gets no answer at all. */
  readonly end: 'dropped' | 'hung' | null;
  /** Batches younger than this, in milliseconds, cannot be seen. */
  readonly hideMs: number;
  /** How far the `date` header is ahead of the simulator's clock. */
  readonly dateAheadMs: number;
  readonly edits: readonly BodyEdit[];
  readonly results: readonly ResultsAction[];
}

/** Waits out the delays among the actions and sums up the others. */
export async function toStrike(
  actions: readonly FaultAction[],
  signal: AbortSignal
): Promise<Strike> {
  let answer: Answer | null = null;
  let end: Strike['end'] = null;
  let hideMs = 0;
  let dateAheadMs = 0;
  const edits: BodyEdit[] = [];
  const results: ResultsAction[] = [];
  for (const action of actions) {
    switch (action.type) {
      case 'delay':
        await sleep(action.ms, undefined, { signal, ref: false });
        break;
      case 'hide':
        hideMs = Math.max(hideMs, action.ms);
        break;
      case 'date':
        dateAheadMs = action.aheadMs;
        break;
      case 'edit':
        edits.push(action.edit);
        break;
      case 'results':
        results.push(action);
        break;
      case 'drop':
        end = 'dropped';
        break;
      case 'hang':
        end = 'hung';
        break;
      case 'error':
        answer = toErrorAnswer(action);
        break;
      case 'respond':
        answer = toRawAnswer(action);
        break;
    }
  }
  return { answer, end, hideMs, dateAheadMs, edits, results };
}

/** The answer with the edits of a strike made; only good JSON is edited. */
export function editAnswer(answer: Answer, edits: readonly BodyEdit[]): Answer {
  if (answer.body.type !== 'json' || edits.length === 0) return answer;
  const value = edits.reduce((body, edit) => edit(body), answer.body.value);
  return { ...answer, body: { type: 'json', value } };
}

function toErrorAnswer(action: ErrorAction): Answer {
  const { status, errorType = errorTypeOf(status), message, details, headers } = action;
  const error = { type: errorType, message: message ?? usualMessage(errorType) };
  return errorAnswer(details === undefined ? error : { ...error, details }, status, headers);
}

function toRawAnswer({ status, body, contentType, headers = {} }: RespondAction): Answer {
  return { status, headers, body: { type: 'text', text: body, contentType } };
}
