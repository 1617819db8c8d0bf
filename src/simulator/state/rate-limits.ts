import { errorAnswer } from '../../api-shapes/answers';
import type { Answer } from '../../api-shapes/answers';
import { REQUESTS_PER_MINUTE_SHOWN } from '../../api-shapes/limits';
import { toSecondsTimestamp } from '../../api-shapes/timestamps';

/** A workspace's limits; null is none. */
export interface Limits {
  /** Calls to the batch endpoints per minute: a token bucket on the simulator's clock. @default null */
  readonly requestsPerMinute: number | null;
  /** Requests of all batches together that may wait to be processed. @default null */
  readonly queuedRequestsMax: number | null;
  /** Whether the organization has spent its month's money: every `create` is then refused. @default false */
  readonly isSpendLimitReached: boolean;
}

export const NO_LIMITS: Limits = {
  requestsPerMinute: null,
  queuedRequestsMax: null,
  isSpendLimitReached: false,
};

export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** Seconds after which a full queue is worth another try. Assumed. */
const QUEUE_RETRY_AFTER_SECONDS = 60;
const MINUTE_MS = 60_000;

/**
 * Takes one call out of a bucket that holds a minute's worth and fills evenly.
 *
 * @param bucket - undefined for a full one.
 * @returns the bucket after the call, and how long to wait in seconds: 0 where the call may pass.
 */
export function takeToken(
  bucket: Bucket | undefined,
  requestsPerMinute: number,
  nowMs: number
): { readonly bucket: Bucket; readonly retryAfterSeconds: number } {
  const before = bucket ?? { tokens: requestsPerMinute, atMs: nowMs };
  const gained = ((nowMs - before.atMs) * requestsPerMinute) / MINUTE_MS;
  const tokens = Math.min(requestsPerMinute, before.tokens + Math.max(0, gained));
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, atMs: nowMs }, retryAfterSeconds: 0 };
  const waitMs = ((1 - tokens) * MINUTE_MS) / requestsPerMinute;
  return { bucket: { tokens, atMs: nowMs }, retryAfterSeconds: Math.ceil(waitMs / 1000) };
}

/** The `anthropic-ratelimit-requests-*` headers that every batch call carries. */
export function rateLimitHeaders(
  bucket: Bucket | undefined,
  requestsPerMinute: number | null,
  nowMs: number
): Record<string, string> {
  const limit = requestsPerMinute ?? REQUESTS_PER_MINUTE_SHOWN;
  const remaining = requestsPerMinute === null ? limit - 1 : (bucket?.tokens ?? limit);
  const fullAtMs = nowMs + ((limit - remaining) * MINUTE_MS) / limit;
  return {
    'anthropic-ratelimit-requests-limit': String(limit),
    'anthropic-ratelimit-requests-remaining': String(Math.floor(remaining)),
    'anthropic-ratelimit-requests-reset': toSecondsTimestamp(fullAtMs),
  };
}

// Assumed: the messages of these three.
export function tooManyCalls(retryAfterSeconds: number): Answer {
  const message =
    'This request would exceed the rate limit for your organization of requests per minute to the Message Batches API.';
  return errorAnswer({ type: 'rate_limit_error', message }, 429, {
    'retry-after': String(retryAfterSeconds),
  });
}

/** The 429 of a full queue, or null where the new requests fit. */
export function checkQueue(queued: number, added: number, limits: Limits): Answer | null {
  const most = limits.queuedRequestsMax;
  if (most === null || queued + added <= most) return null;
  const message = `This request would exceed the limit of ${most} batch requests in the processing queue.`;
  return errorAnswer({ type: 'rate_limit_error', message }, 429, {
    'retry-after': String(QUEUE_RETRY_AFTER_SECONDS),
  });
}

/** A 429 that no waiting cures: it has no `retry-after`. */
export function spendLimitReached(): Answer {
  return errorAnswer({
    type: 'rate_limit_error',
    message: 'You have reached the monthly spend limit of your usage tier.',
    details: { error_code: 'enforced_spend_limit_reached' },
  });
}
