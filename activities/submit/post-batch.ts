/**
 * The one call that pays: POST of a chunk's body, once.
 *
 * The API has no idempotency key. So every way for this call to end falls into one of three: accepted, refused for
 * certain, or not known; and whatever is not proven to be one of the first two is the third.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/common';
import { openAsBlob } from 'node:fs';
import type { BatchCheck } from '../../src/contract/activities';
import { withTransport } from '../api/anthropic';
import { parseBatch, totalOf } from '../api/batch-answer';
import { BATCHES_PATH, jobHeaders, readJson, type Caller } from '../api/call-api';
import { answerOf, toFailure, transportCode, type CallContext } from '../api/http-failures';
import { startDeadline, type Deadline } from './deadline';

export type PostEnd =
  | { readonly end: 'accepted'; readonly batchId: string; readonly check: BatchCheck }
  | { readonly end: 'refused'; readonly failure: ApplicationFailure }
  | { readonly end: 'unknown' }
  /** The deadline had passed before anything was sent. */
  | { readonly end: 'withdrawn' };

export interface Post {
  /** The body's file, its hash just verified. */
  readonly path: string;
  readonly requests: number;
  /** On the monotonic clock, `performance.now()`. */
  readonly deadlineAtMs: number;
}

/** The SDK's own timer lies this far beyond the deadline: it must never be the one that decides. */
const SDK_TIMEOUT_MARGIN_MS = 60_000;
/** A longer timer fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const CALL: CallContext = { what: 'the creation of a batch' };

/** 4xx that do not say whether the API got and kept the request: a timeout, and a client that went away. */
const UNCLEAR_STATUSES: readonly number[] = [408, 499];

/** No connection came about, so nothing was sent. */
const UNSENT_CODES: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** What the transport saw: the SDK hides some of it behind errors of its own. */
interface Sending {
  begun: boolean;
  error: unknown;
}

/**
 * Sends a chunk's body and waits for the answer, or for the deadline, at which the socket is destroyed.
 *
 * Does not react to cancellation: an answer that is not waited for is a paid batch that nobody knows.
 *
 * @param caller - Of the job.
 * @param pulse - Called about once a second while it lasts; must not throw.
 */
export async function postBatch(caller: Caller, post: Post, pulse: () => void): Promise<PostEnd> {
  const body = await openAsBlob(post.path, { type: 'application/json' });
  const deadline = startDeadline(post.deadlineAtMs, pulse);
  const sending: Sending = { begun: false, error: undefined };
  try {
    const response = await onceOnly(caller, sending, deadline)
      .post(BATCHES_PATH, {
        body,
        headers: { ...jobHeaders(caller.options), 'content-type': 'application/json' },
        maxRetries: 0,
        timeout: sdkTimeoutMs(post),
        signal: deadline.signal,
      })
      .asResponse();
    const end = await readAccepted(response, post.requests);
    if (end.end === 'unknown') deadline.cut();
    return end;
  } catch (error) {
    const end = judge(error, sending, deadline);
    // Whatever of the connection is left: an answer that comes after this is nobody's.
    deadline.cut();
    return end;
  } finally {
    deadline.stop();
  }
}

/** A client that lets one call through and no second, whatever middleware or fetch of a user's is in between. */
function onceOnly({ client }: Caller, sending: Sending, deadline: Deadline): Caller['client'] {
  return withTransport(client, (send) => async (input, init) => {
    if (sending.begun) throw new Error('A batch is posted once.');
    // A process that was stopped for a while comes to itself here, when others may already have acted for it.
    if (deadline.isOver()) throw new Error('The deadline is over.');
    sending.begun = true;
    try {
      return await send(input, init);
    } catch (error) {
      sending.error = error;
      throw error;
    }
  });
}

function sdkTimeoutMs({ deadlineAtMs }: Post): number {
  const leftMs = Math.max(0, deadlineAtMs - performance.now());
  return Math.min(Math.ceil(leftMs) + SDK_TIMEOUT_MARGIN_MS, TIMER_MS_MAX);
}

/** Anything but a plain batch of the right size is no proof that this chunk was accepted. */
async function readAccepted(response: Response, requests: number): Promise<PostEnd> {
  if (response.status !== 200) return { end: 'unknown' };
  const { batchId, check } = parseBatch(await readJson(response, CALL), CALL);
  return totalOf(check) === requests ? { end: 'accepted', batchId, check } : { end: 'unknown' };
}

function judge(error: unknown, sending: Sending, deadline: Deadline): PostEnd {
  if (!sending.begun) {
    return deadline.isOver()
      ? { end: 'withdrawn' }
      : { end: 'refused', failure: toFailure(error, CALL) };
  }
  const status = answerOf(error)?.status;
  const refused =
    status === undefined
      ? wasNeverSent(sending.error)
      : status >= 400 && status < 500 && !UNCLEAR_STATUSES.includes(status);
  if (!refused) return { end: 'unknown' };
  const cause = status === undefined ? sending.error : error;
  return { end: 'refused', failure: toFailure(cause, CALL) };
}

function wasNeverSent(error: unknown): boolean {
  const causes: { readonly message: string; readonly syscall?: unknown }[] = [];
  for (let at = error; at instanceof Error && causes.length < 8; at = at.cause) causes.push(at);
  // Node names the system call. `connect` fails before the first byte; a route that is lost later shows in `read` or
  // `write`, under the codes of one that never was.
  const calls = causes.map(({ syscall }) => syscall).filter((call) => call !== undefined);
  if (calls.length > 0) return calls.every((call) => call === 'connect' || call === 'getaddrinfo');
  const code = transportCode(error);
  if (code !== null && UNSENT_CODES.includes(code)) return true;
  return causes.some(({ message }) => message.endsWith('!== 200 when HTTP Tunneling'));
}
