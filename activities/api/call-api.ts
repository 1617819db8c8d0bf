/**
 * One call to the API for a job: its headers, its time limit, and a failure of the table for every way to fail.
 *
 * @module
 */
import type Anthropic from '@anthropic-ai/sdk';
import { Context } from '@temporalio/activity';
import type { JobContext, JobBinding } from '../../src/contract/activities';
import type { ResolvedOptions } from '../../src/contract/options';
import { answerOf, toFailure, unreadableAnswer, type CallContext } from './http-failures';
import { assertSameWorkspace } from './workspace';

export const BATCHES_PATH = '/v1/messages/batches';

/** Time limit of a call without a large body, answer included. An Activity makes at most three such calls in a row. */
const CALL_TIMEOUT_MS = 30_000;
/** An answer that describes batches is a few hundred bytes each. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export interface Call extends CallContext {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** Defaults to JSON. */
  readonly accept?: string;
  /** Time limit for the start of the answer. Defaults to 30 seconds. */
  readonly timeoutMs?: number;
}

export interface JsonAnswer {
  readonly headers: Headers;
  readonly body: unknown;
}

/** The client and the job of a call; the binding is null while the job is not planned. */
export interface Caller {
  readonly client: Anthropic;
  readonly options: ResolvedOptions;
  readonly binding: JobBinding | null;
}

export function callerOf(client: Anthropic, { options, site }: JobContext): Caller {
  return { client, options, binding: site };
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
 * A cancellation of the Activity aborts the call.
 *
 * @throws ApplicationFailure of the table in `http-failures.ts`; `MessageBatch.WrongWorker` when another workspace
 * answers. CancelledFailure.
 */
export async function callJson(caller: Caller, call: Call): Promise<JsonAnswer> {
  const { cancellationSignal } = Context.current();
  const signal = AbortSignal.any([cancellationSignal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
  return failAs(caller, call, async () => {
    const response = await send(caller, call, signal);
    if (caller.binding !== null) assertSameWorkspace(response.headers, caller.binding);
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
    if (caller.binding !== null) assertSameWorkspace(response.headers, caller.binding);
    return response;
  });
}

/**
 * Reads a whole answer as JSON.
 *
 * @throws ApplicationFailure `MessageBatch.ApiUnavailable` when it is not JSON: a proxy answered, not the API.
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
    // Rejects with the CancelledFailure that Temporal expects.
    if (context.cancellationSignal.aborted) return await context.cancelled;
    const headers = answerOf(error)?.headers;
    // An error from another workspace proves nothing about the job's batch.
    if (headers !== undefined && caller.binding !== null)
      assertSameWorkspace(headers, caller.binding);
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
