/**
 * The one call that pays: POST of a chunk's body, once.
 *
 * The API has no idempotency key. So every end of this call is one of three: certainly accepted, certainly refused, or
 * unknown; whatever proves neither of the first two is the third.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/common';
import { openAsBlob } from 'node:fs';
import { withTransport } from '../api/anthropic';
import { parseCreated } from '../api/batch-answer';
import { BATCHES_PATH, jobHeaders, readJson, type Caller } from '../api/call-api';
import { answerOf, toFailure, transportCode, type CallContext } from '../api/http-failures';
import { msUntil, startDeadline, type Deadline, type Moment } from './deadline';

export type PostEnd =
  | {
      readonly end: 'accepted';
      readonly batchId: string;
      /** Null where the answer does not say. */
      readonly createdAt: string | null;
      readonly expiresAt: string | null;
    }
  | { readonly end: 'refused'; readonly failure: ApplicationFailure }
  | { readonly end: 'unknown' }
  /** The deadline had passed before anything was sent. */
  | { readonly end: 'withdrawn' };

export interface Post {
  /** Path of the body's file, whose hash was just verified. */
  readonly path: string;
  /** Ids of batches that were listed before the chunk's first POST. */
  readonly baseline: readonly string[] | null;
  readonly deadline: Moment;
}

/** The SDK's own timer fires this long after the deadline: the deadline must always decide. */
const SDK_TIMEOUT_MARGIN_MS = 60_000;
/** A longer timer fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const CALL: CallContext = { what: 'the creation of a batch' };

/** 4xx that leave open whether the API kept the request: a timeout, and a client that disconnected. */
const UNCLEAR_STATUSES: readonly number[] = [408, 499];

/** No connection was established, so nothing was sent. */
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
 * Does not react to cancellation: without the answer, a paid batch would be lost.
 *
 * @param onTick - Called about once a second while the call lasts; must not throw.
 */
export async function postBatch(caller: Caller, post: Post, onTick: () => void): Promise<PostEnd> {
  const body = await openAsBlob(post.path, { type: 'application/json' });
  const deadline = startDeadline(post.deadline, onTick);
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
    const end = await readAccepted(response, post.baseline);
    if (end.end === 'unknown') deadline.cut();
    return end;
  } catch (error) {
    const end = judge(error, sending, deadline);
    // Closes what is left of the connection: a later answer would reach no caller.
    deadline.cut();
    return end;
  } finally {
    deadline.stop();
  }
}

/** A client that lets one call through and no second one, whatever a user's middleware or `fetch` does. */
function onceOnly({ client }: Caller, sending: Sending, deadline: Deadline): Caller['client'] {
  return withTransport(client, (send) => async (input, init) => {
    if (sending.begun) throw new Error('A batch is posted once.');
    // A process that was suspended continues here, when another Worker may already have taken over.
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

function sdkTimeoutMs({ deadline }: Post): number {
  const leftMs = Math.max(0, msUntil(deadline));
  return Math.min(Math.ceil(leftMs) + SDK_TIMEOUT_MARGIN_MS, TIMER_MS_MAX);
}

/**
 * A batch's id in a 200 proves that it is the chunk's, whatever else the answer says: some servers count a batch only
 * at its end. But a batch that was listed before the POST is the answer to another one, which a proxy kept.
 */
async function readAccepted(response: Response, baseline: Post['baseline']): Promise<PostEnd> {
  if (response.status !== 200) return { end: 'unknown' };
  const created = parseCreated(await readJson(response, CALL));
  if (created === null || baseline?.includes(created.batchId) === true) return { end: 'unknown' };
  return { end: 'accepted', ...created };
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
  // Node names the system call. `connect` fails before the first byte. A route that is lost later fails in `read` or
  // `write`, with the same codes.
  const calls = causes.map(({ syscall }) => syscall).filter((call) => call !== undefined);
  if (calls.length > 0) return calls.every((call) => call === 'connect' || call === 'getaddrinfo');
  const code = transportCode(error);
  if (code !== null && UNSENT_CODES.includes(code)) return true;
  return causes.some(({ message }) => message.endsWith('!== 200 when HTTP Tunneling'));
}
