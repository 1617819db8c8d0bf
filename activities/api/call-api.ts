/**
 * One call to the API for a job: its headers, its time limit, and every way to fail turned into a failure of the table.
 *
 * @module
 */
import type Anthropic from '@anthropic-ai/sdk';
import { Context } from '@temporalio/activity';
import type { JobContext, JobSite } from '../../src/contract/activities';
import type { ResolvedOptions } from '../../src/contract/options';
import { answerOf, toFailure, unreadableAnswer, type CallContext } from './http-failures';
import { assertSameWorkspace } from './workspace';

export const BATCHES_PATH = '/v1/messages/batches';

/** A call without a large body ends within this, answer included; an Activity makes at most three. */
const CALL_TIMEOUT_MS = 30_000;
/** An answer that describes batches is a few hundred bytes each. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export interface Call extends CallContext {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** Defaults to JSON. */
  readonly accept?: string;
  /** Until the answer begins. Defaults to 30 seconds. */
  readonly timeoutMs?: number;
}

export interface JsonAnswer {
  readonly headers: Headers;
  readonly body: unknown;
}

/** What a call is made for; the site is null while the job has none yet. */
export interface Caller {
  readonly client: Anthropic;
  readonly options: ResolvedOptions;
  readonly site: JobSite | null;
}

export function callerOf(client: Anthropic, { options, site }: JobContext): Caller {
  return { client, options, site };
}

/** Headers that every call of a job carries. */
export function jobHeaders({ betas, apiVersion }: ResolvedOptions): Record<string, string> {
  return {
    ...(betas.length > 0 ? { 'anthropic-beta': betas.join(',') } : {}),
    ...(apiVersion === null ? {} : { 'anthropic-version': apiVersion }),
  };
}

/**
 * Makes a call and reads its JSON.
 *
 * Stops at once when the Activity is canceled.
 *
 * @throws ApplicationFailure of the table in `http-failures.ts`; `MessageBatch.WrongWorker` when another workspace
 * answers. CancelledFailure.
 */
export async function callJson(caller: Caller, call: Call): Promise<JsonAnswer> {
  const { cancellationSignal } = Context.current();
  const signal = AbortSignal.any([cancellationSignal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
  return failAs(caller, call, async () => {
    const response = await send(caller, call, signal);
    if (caller.site !== null) assertSameWorkspace(response.headers, caller.site);
    return { headers: response.headers, body: await readJson(response, call) };
  });
}

/**
 * Starts a download; the body is the caller's to read.
 *
 * @param signal - Ends the download, its body included.
 */
export async function openDownload(
  caller: Caller,
  call: Call,
  signal: AbortSignal
): Promise<Response> {
  return failAs(caller, call, async () => {
    const response = await send(caller, call, signal);
    if (caller.site !== null) assertSameWorkspace(response.headers, caller.site);
    return response;
  });
}

/**
 * Reads a whole answer as JSON.
 *
 * @throws ApplicationFailure `MessageBatch.ApiUnavailable` when it is none: something between here and the API spoke.
 */
export async function readJson(response: Response, context: CallContext): Promise<unknown> {
  const text = await readText(response);
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes its input.
    throw unreadableAnswer(context, response.headers);
  }
}

function send(caller: Caller, call: Call, signal: AbortSignal): Promise<Response> {
  const { client, options } = caller;
  return client[call.method](call.path, {
    headers: {
      ...jobHeaders(options),
      ...(call.accept === undefined ? {} : { accept: call.accept }),
    },
    maxRetries: 0,
    timeout: call.timeoutMs ?? CALL_TIMEOUT_MS,
    signal,
  }).asResponse();
}

async function failAs<T>(caller: Caller, call: Call, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const context = Context.current();
    // Rejects with the CancelledFailure that Temporal wants to see.
    if (context.cancellationSignal.aborted) return await context.cancelled;
    const headers = answerOf(error)?.headers;
    // An error from another workspace says nothing about our batch.
    if (headers !== undefined && caller.site !== null) assertSameWorkspace(headers, caller.site);
    throw toFailure(error, call);
  }
}

async function readText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  if (response.body !== null) {
    for await (const piece of response.body as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > ANSWER_BYTES_MAX) return '';
      pieces.push(piece);
    }
  }
  return Buffer.concat(pieces).toString('utf8');
}
