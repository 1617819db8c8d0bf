/**
 * One table from HTTP answers, and from none, to the failures of `src/contract/failures.ts`.
 *
 * The API's texts can quote requests, and the SDK's errors contain headers and bodies. A failure contains neither: its
 * message has status, type and request id, and a text only if it is one of {@link HARMLESS_TEXTS}; it has no cause.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/common';
import { FAILURES, type FailureDetails, type FailureType } from '../../src/contract/failures';
import { isObject } from '../../src/contract/json';
import { findAccountReason, safeName } from '../../src/core/collect/outcome';

/** The call that failed. */
export interface CallContext {
  /** What the call asked for, as the message names it: `the status of batch msgbatch_01…`. */
  readonly what: string;
  /** Set when the path names a batch: a 404 is then about this batch. */
  readonly batchId?: string;
}

interface StatusRow {
  /** Lowest and highest status of the row. */
  readonly status: readonly [number, number];
  readonly type: FailureType;
}

/** The first matching row decides. Errors of the account are recognized before that, whatever their status. */
const STATUS_TABLE: readonly StatusRow[] = [
  // The API does not redirect: the base URL is wrong, or a proxy answered.
  { status: [300, 399], type: 'MessageBatch.ApiUnavailable' },
  { status: [401, 401], type: 'MessageBatch.Authentication' },
  { status: [402, 402], type: 'MessageBatch.Billing' },
  { status: [403, 403], type: 'MessageBatch.Authentication' },
  { status: [404, 404], type: 'MessageBatch.Refused' },
  { status: [408, 409], type: 'MessageBatch.ApiUnavailable' },
  { status: [429, 429], type: 'MessageBatch.RateLimited' },
  { status: [499, 499], type: 'MessageBatch.ApiUnavailable' },
  { status: [400, 499], type: 'MessageBatch.Refused' },
  { status: [500, 599], type: 'MessageBatch.ApiUnavailable' },
];

/** Whole texts of the API that quote nothing of a request. */
const HARMLESS_TEXTS: readonly RegExp[] = [
  /^API key is invalid\.$/,
  /^invalid x-api-key$/,
  /^Overloaded$/,
  /^Internal server error$/,
  /^Request timed out$/,
  /^Message Batch msgbatch_\w{1,60} not found\.$/,
  /^Message Batch msgbatch_\w{1,60} has no available results\.$/,
  /^requests\.\d{1,6}\.(custom_id|params): (Field required|String should have at most 64 characters)$/,
  /^requests: List should have at (least|most) \d{1,7} items? after validation, not \d{1,7}$/,
  /^Request exceeds the maximum (allowed )?(size|number of bytes)\.?$/,
];

const SAFE_ID = /^[A-Za-z0-9_-]{1,80}$/;
const SAFE_CODE = /^[A-Z][A-Z0-9_]{1,50}$/;
/** An hour: a longer delay would be a mistake, or make the job look dead. */
const RETRY_AFTER_MS_MAX = 60 * 60 * 1000;

/** The parts of an HTTP answer that a failure uses. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Headers | undefined;
  /** The inner object of the API's error envelope; undefined when the body is not one. */
  readonly error: Record<string, unknown> | undefined;
}

/**
 * Creates the failure of a call.
 *
 * `x-should-retry` overrides the table's `retryable`, except for a batch that is not found: the API may not find a new
 * batch for a moment, and then says not to retry. `retry-after-ms` overrides `retry-after`.
 *
 * @param error - What the SDK or the transport threw.
 */
export function toFailure(error: unknown, context: CallContext): ApplicationFailure {
  // Our own guard throws inside the SDK's call, which wraps the failure.
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (inner instanceof ApplicationFailure) return inner;
  const answer = answerOf(error);
  if (answer !== null) return toAnswerFailure(answer, context);
  // Thrown before anything is sent: no key, an unreadable profile, a token request that failed.
  if (isCredentialError(error)) {
    return create('MessageBatch.Authentication', {
      message: `This Worker's Anthropic client has no usable key for ${context.what}: set ANTHROPIC_API_KEY, or give the client one.`,
      context,
    });
  }
  const code = transportCode(error);
  const reason = code ?? (error instanceof Error ? safeErrorName(error) : 'unknown error');
  return create('MessageBatch.ApiUnavailable', {
    message: `No answer from the API to ${context.what} (${reason}).`,
    context,
    details: { code: reason },
  });
}

/**
 * Finds the HTTP answer in an error of the SDK; null when there was none.
 *
 * Recognized by its shape: a user's client may come from another copy of the SDK, where `instanceof` fails.
 */
export function answerOf(error: unknown): ErrorAnswer | null {
  if (!(error instanceof Error)) return null;
  const { status, headers, error: body } = error as Error & Record<string, unknown>;
  if (typeof status !== 'number' || !isObject(headers)) return null;
  const inner = isObject(body) ? body['error'] : undefined;
  return {
    status,
    headers: typeof headers['get'] === 'function' ? (headers as unknown as Headers) : undefined,
    error: isObject(inner) ? inner : undefined,
  };
}

/** For a 200 whose body the API cannot have sent: a proxy's page, half an object. */
export function unreadableAnswer(context: CallContext, headers: Headers): ApplicationFailure {
  return create('MessageBatch.ApiUnavailable', {
    message: `The answer to ${context.what} is not JSON from the API${named(headers)}.`,
    context,
    headers,
  });
}

/** For an answer of the API that this version does not know. */
export function unexpectedAnswer(context: CallContext, what: string): ApplicationFailure {
  return create('MessageBatch.UnexpectedAnswer', {
    message: `The API answered in an unknown way to ${context.what}: ${what}. A newer version of temporal-message-batches may understand it.`,
    context,
  });
}

/** The code of the error inside all wrappers, such as `ECONNREFUSED`; null when there is none. */
export function transportCode(error: unknown): string | null {
  let at = error;
  for (let depth = 0; depth < 8 && at instanceof Error; depth++) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && SAFE_CODE.test(code)) return code;
    at = at.cause;
  }
  return null;
}

/** The delay before the next call that an answer asks for, in milliseconds; undefined without a usable one. */
export function retryAfterMs(headers: Headers | undefined): number | undefined {
  const exact = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (exact > 0) return Math.min(Math.ceil(exact), RETRY_AFTER_MS_MAX);
  const header = headers?.get('retry-after') ?? '';
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return toDelay(Number(header) * 1000);
  // A date is compared with the date of the same answer: this machine's clock may be wrong.
  const sentMs = Date.parse(headers?.get('date') ?? '');
  return toDelay(Date.parse(header) - (Number.isNaN(sentMs) ? Date.now() : sentMs));
}

function toDelay(delayMs: number): number | undefined {
  return delayMs > 0 ? Math.min(Math.ceil(delayMs), RETRY_AFTER_MS_MAX) : undefined;
}

function toAnswerFailure(answer: ErrorAnswer, context: CallContext): ApplicationFailure {
  const { status, headers, error } = answer;
  const accountReason = findAccountReason(error);
  const type = accountReason === null ? typeOf(answer, context) : 'MessageBatch.Billing';
  const name = isObject(error) ? ` ${safeName(error['type'])}` : '';
  const text = accountReason ?? harmlessText(error);
  const delayMs = retryAfterMs(headers);
  return create(type, {
    message: `The API answered ${status}${name} to ${context.what}${text === null ? '' : `: ${text}`}${named(headers)}.`,
    context,
    headers,
    details: { status, ...(isObject(error) ? { errorType: safeName(error['type']) } : {}) },
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
  });
}

function typeOf({ status, error }: ErrorAnswer, { batchId }: CallContext): FailureType {
  if (status === 404 && batchId !== undefined) return 'MessageBatch.BatchNotFound';
  if (isObject(error) && error['type'] === 'billing_error') return 'MessageBatch.Billing';
  const row = STATUS_TABLE.find(({ status: [low, high] }) => status >= low && status <= high);
  return row?.type ?? 'MessageBatch.UnexpectedAnswer';
}

function create(
  type: FailureType,
  more: {
    message: string;
    context: CallContext;
    headers?: Headers | undefined;
    details?: FailureDetails;
    retryAfterMs?: number;
  }
): ApplicationFailure {
  const { message, context, headers, retryAfterMs: delayMs } = more;
  const requestId = requestIdOf(headers);
  const details: FailureDetails = {
    ...more.details,
    ...(context.batchId === undefined ? {} : { batchId: context.batchId }),
    ...(requestId === null ? {} : { requestId }),
    // The Workflow cannot read `nextRetryDelay`, and waits on its own timer after Temporal's last attempt.
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
  };
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !isRetryable(type, headers),
    details: [details],
    ...(delayMs === undefined ? {} : { nextRetryDelay: delayMs }),
  });
}

function isRetryable(type: FailureType, headers: Headers | undefined): boolean {
  const { retryable } = FAILURES[type];
  if (type === 'MessageBatch.BatchNotFound') return retryable;
  const shouldRetry = headers?.get('x-should-retry');
  return shouldRetry === 'true' || (shouldRetry === 'false' ? false : retryable);
}

function named(headers: Headers | undefined): string {
  const requestId = requestIdOf(headers);
  return requestId === null ? '' : ` (request-id ${requestId})`;
}

function requestIdOf(headers: Headers | undefined): string | null {
  const id = headers?.get('request-id') ?? '';
  return SAFE_ID.test(id) ? id : null;
}

function harmlessText(error: unknown): string | null {
  const message = isObject(error) ? error['message'] : undefined;
  if (typeof message !== 'string' || !HARMLESS_TEXTS.some((text) => text.test(message)))
    return null;
  return message.replace(/\.$/, '');
}

/** The SDK has no subclass for errors before a call. */
function isCredentialError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    /^(AnthropicError|WorkloadIdentityError)$/.test(error.name) ||
    error.message.startsWith('Could not resolve authentication method')
  );
}

function safeErrorName(error: Error): string {
  const { name } = error.constructor;
  return /^[A-Za-z]{1,40}$/.test(name) ? name : 'Error';
}
