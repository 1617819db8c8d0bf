/**
 * The outcome table: what the API's result for one request means for the job.
 *
 * @module
 */

/** The API's types of results, and `missing`: submitted, and never came back. */
export type ResultType = 'succeeded' | 'errored' | 'expired' | 'canceled' | 'missing';

export const RESULT_TYPES: readonly ResultType[] = [
  'succeeded',
  'errored',
  'expired',
  'canceled',
  'missing',
];

export interface OutcomeContext {
  /** How often this request was submitted, from 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Whether this job asked the API to cancel the batch. */
  readonly canceledByUs: boolean;
}

export type Verdict =
  | { readonly outcome: 'done' | 'give_up'; readonly type: ResultType }
  /** `account`: key, billing or a spend limit stood in the way; it uses up no attempt. */
  | { readonly outcome: 'retry'; readonly type: ResultType; readonly kind: 'retry' | 'account' }
  /** Canceled because this job asked for it. */
  | { readonly outcome: 'stopped'; readonly type: 'canceled' };

type ErrorMeaning = 'retry' | 'give_up' | 'account';

/** What each `error.type` of an errored result means. */
const ERROR_MEANINGS: Readonly<Record<string, ErrorMeaning>> = {
  overloaded_error: 'retry',
  api_error: 'retry',
  timeout_error: 'retry',
  rate_limit_error: 'retry',
  conflict_error: 'retry',
  invalid_request_error: 'give_up',
  not_found_error: 'give_up',
  permission_error: 'give_up',
  request_too_large: 'give_up',
  authentication_error: 'account',
  billing_error: 'account',
};

/** `details.error_code`s that mean: the account, not the request. */
const ACCOUNT_ERROR_CODES: readonly string[] = [
  'enforced_spend_limit_reached',
  'contract_spend_limit_reached',
  'organization_on_hold',
];

/** Starts of the API's texts that mean the same, with our own words for them: theirs may quote input. */
const ACCOUNT_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^your credit balance is too low/i, 'the credit balance is too low'],
  [
    /^you have reached your specified (workspace )?API usage limits/i,
    'a usage limit that you have set is reached',
  ],
];

/** The longest name of a type that is repeated in a message. */
const NAME_PATTERN = /^[a-z_]{1,40}$/;

/**
 * Decides about one request by the API's result for it.
 *
 * A type of result or error that this version does not know is a failure of this request: it was answered, and what the
 * answer means is for a person to read. It stops no other request.
 *
 * @param result - The `result` of a line as it came: `{"type": "succeeded", …}`.
 */
export function classifyResult(result: unknown, context: OutcomeContext): Verdict {
  const type = member(result, 'type');
  switch (type) {
    case 'succeeded':
      return { outcome: 'done', type };
    case 'expired':
      return retryWhileAllowed(type, context);
    case 'errored':
      return classifyError(member(result, 'error'), context);
    case 'canceled':
      return context.canceledByUs ? { outcome: 'stopped', type } : { outcome: 'give_up', type };
    case 'missing':
      // It may have been paid for; what it would have said is lost.
      return { outcome: 'give_up', type };
    default:
      return { outcome: 'give_up', type: 'errored' };
  }
}

/** Whether the API's type of a result is one that this version knows. */
export function isKnownResultType(type: unknown): type is ResultType {
  return RESULT_TYPES.some((known) => known === type);
}

/**
 * Tells why an error is one of the account, in our own words.
 *
 * @param error - `{"type", "message", "details"}` as the API gave it.
 * @returns null when it is none.
 */
export function findAccountReason(error: unknown): string | null {
  const message = member(error, 'message');
  const text = typeof message === 'string' ? message : '';
  const known = ACCOUNT_TEXTS.find(([pattern]) => pattern.test(text));
  if (known) return known[1];
  const code = member(member(error, 'details'), 'error_code');
  return typeof code === 'string' && ACCOUNT_ERROR_CODES.includes(code)
    ? code.replaceAll('_', ' ')
    : null;
}

/** Names a failed result by its error's type, from the API's double nesting, or by a type of its own that is unknown. */
export function failureTypeOf(result: unknown): string {
  const type = member(result, 'type');
  return safeName(type === 'errored' ? member(innerError(member(result, 'error')), 'type') : type);
}

/** A type's name when it looks like one; anything else could be input. */
export function safeName(name: unknown): string {
  return typeof name === 'string' && NAME_PATTERN.test(name) ? name : '(unreadable)';
}

function classifyError(error: unknown, context: OutcomeContext): Verdict {
  const inner = innerError(error);
  const type = member(inner, 'type');
  const known =
    typeof type === 'string' && Object.hasOwn(ERROR_MEANINGS, type)
      ? ERROR_MEANINGS[type]
      : undefined;
  const meaning = findAccountReason(inner) === null ? (known ?? 'give_up') : 'account';
  switch (meaning) {
    case 'retry':
      return retryWhileAllowed('errored', context);
    case 'account':
      return { outcome: 'retry', type: 'errored', kind: 'account' };
    case 'give_up':
      return { outcome: 'give_up', type: 'errored' };
  }
}

function retryWhileAllowed(type: 'expired' | 'errored', context: OutcomeContext): Verdict {
  return context.attempt >= context.maxAttempts
    ? { outcome: 'give_up', type }
    : { outcome: 'retry', type, kind: 'retry' };
}

/** The API wraps the error of a result twice: `{"type": "error", "error": {"type": …}}`. */
function innerError(error: unknown): unknown {
  return member(error, 'type') === 'error' ? member(error, 'error') : error;
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
