import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorAnswer, notFound } from '../../api-shapes/answers';
import type { Answer } from '../../api-shapes/answers';
import { authenticate, isIdentity } from '../state/auth';
import type { Identity } from '../state/auth';
import { createSmallBody, readBody } from '../../api-shapes/call-body';
import { beginCreate } from './create';
import type { PendingCreate } from './create';
import { batchContext, execute } from './execute';
import type { FaultCall, FaultStage } from '../faults/faults';
import { idFrom } from '../../api-shapes/ids';
import { recordCall, withoutKeys } from '../state/ledger';
import type { LedgerCall } from '../state/ledger';
import { rateLimitHeaders } from '../state/rate-limits';
import { findRoute, isBatchOperation } from '../../api-shapes/router';
import type { Route } from '../../api-shapes/router';
import { sendAnswer, tearDown } from './send';
import { workspaceOf } from '../state/state';
import type { SimulatorState } from '../state/state';
import { editAnswer, toStrike } from '../faults/strike';
import type { Strike } from '../faults/strike';
import { wildcardAnswer } from './wildcard';

/** A call on its way; its entry in the ledger is filled in as more becomes known. */
interface OpenCall {
  readonly state: SimulatorState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly origin: string;
  readonly requestId: string;
  readonly callNumber: number;
  readonly identity: Identity | Answer;
  readonly entry: { -readonly [K in keyof LedgerCall]: LedgerCall[K] };
  create: PendingCreate | null;
  nowMs: number;
}

type CallEnd = LedgerCall['status'];

/** Takes one HTTP request from its headers to its answer. Never throws. */
export async function answerCall(
  state: SimulatorState,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  let call: OpenCall | null = null;
  try {
    call = openCall(state, request, response, await state.now());
    call.entry.status = await conduct(call);
  } catch (error) {
    const end = await answerFailure(call, request, response, error);
    if (call !== null) call.entry.status = end;
  }
}

function openCall(
  state: SimulatorState,
  request: IncomingMessage,
  response: ServerResponse,
  nowMs: number
): OpenCall {
  const { method = 'GET', url = '/', headers } = request;
  const [path = '', query = ''] = url.split('?', 2);
  const route = findRoute(method, path);
  const identity = authenticate(headers, state.keys);
  const entry: OpenCall['entry'] = {
    operation: route.operation,
    method,
    path: url,
    headers: withoutKeys(headers),
    batchId: isBatchOperation(route.operation) ? route.id : null,
    workspaceId: isIdentity(identity) ? identity.workspaceId : null,
    atMs: nowMs,
    status: 'pending',
  };
  recordCall(state.ledger, entry);
  state.calls += 1;
  return {
    state,
    request,
    response,
    route,
    query: new URLSearchParams(query),
    origin: `http://${headers.host ?? `127.0.0.1:${request.socket.localPort ?? 0}`}`,
    requestId: idFrom('req', state.seed, state.calls),
    callNumber: state.ledger.counts[route.operation],
    identity,
    entry,
    create: null,
    nowMs,
  };
}

async function conduct(call: OpenCall): Promise<CallEnd> {
  const { state, request } = call;
  const arrived = await strike(call, 'arrived');
  if (arrived.end !== null) return endWithoutAnswer(call, arrived.end);
  if (arrived.answer !== null) {
    // The client may still be writing; the rest is never read.
    request.resume();
    return send(call, arrived.answer, arrived, { connection: 'close' });
  }

  const body = await receive(call);
  call.nowMs = await state.now();
  const read = await strike(call, 'read');
  if (read.end !== null) return endWithoutAnswer(call, read.end);

  const answer = read.answer ?? carryOut(call, body, Math.max(arrived.hideMs, read.hideMs));
  const wasCreated = call.create !== null && answer.status === 200;
  if (call.create !== null && wasCreated) call.entry.batchId = call.create.batchId;

  const executed = await strike(call, 'executed');
  if (executed.end !== null) return endWithoutAnswer(call, executed.end);
  return send(call, executed.answer ?? editAnswer(answer, executed.edits), executed);
}

async function strike(call: OpenCall, stage: FaultStage): Promise<Strike> {
  const { entry, create } = call;
  const faultCall: FaultCall = {
    operation: entry.operation,
    method: entry.method,
    path: entry.path,
    headers: entry.headers,
    batchId: entry.batchId,
    callNumber: call.callNumber,
    nowMs: call.nowMs,
    customIds: () => create?.items.map((item) => item.customId) ?? [],
  };
  const { faults, closing } = call.state;
  return toStrike(faults.take(stage, faultCall), closing.signal);
}

// The body of a `create` is boiled down as it arrives, but only for someone who may create.
async function receive(call: OpenCall): Promise<Buffer | null> {
  const { state, request, route, identity } = call;
  if (route.operation === 'create' && isIdentity(identity)) {
    const context = batchContext(request.headers);
    const create = beginCreate(state, identity.workspaceId, context);
    call.create = create;
    await readBody(request, (chunk) => {
      create.write(chunk);
    });
    return Buffer.alloc(0);
  }
  const body = createSmallBody();
  await readBody(request, (chunk) => {
    body.write(chunk);
  });
  return body.whole();
}

function carryOut(call: OpenCall, body: Buffer | null, hideMs: number): Answer {
  const { state, request, route, query, identity, nowMs, origin, create } = call;
  const answer =
    route.operation === 'unknown'
      ? notFound('Not found')
      : isIdentity(identity)
        ? execute(state, {
            route,
            query,
            headers: request.headers,
            identity,
            nowMs,
            origin,
            hideMs,
            create,
            body,
          })
        : identity;
  if (!state.isWildcard || answer.status === 200) return answer;
  return wildcardAnswer(route.operation, route.id ?? '', nowMs, origin) ?? answer;
}

function endWithoutAnswer(call: OpenCall, end: 'dropped' | 'hung'): CallEnd {
  if (end === 'dropped') tearDown(call.response);
  return end;
}

async function send(
  call: OpenCall,
  answer: Answer,
  { results, dateAheadMs }: Strike,
  extraHeaders: Readonly<Record<string, string>> = {}
): Promise<CallEnd> {
  const headers = { ...headersOf(call, answer, dateAheadMs), ...extraHeaders };
  // Before the answer leaves, so that a test that has it finds it here.
  call.entry.status = answer.status;
  return sendAnswer(call.response, answer, headers, results);
}

function headersOf(call: OpenCall, answer: Answer, dateAheadMs: number): Record<string, string> {
  const { state, route, identity, nowMs, requestId } = call;
  const date = { date: new Date(nowMs + dateAheadMs).toUTCString() };
  // An error that is not in the envelope comes from the proxy before the API, which knows none of the rest.
  if (answer.body.type === 'text' && answer.status >= 400) return date;
  const headers = { ...date, 'request-id': requestId, 'x-robots-tag': 'none' };
  if (!isIdentity(identity) || answer.status === 401) return headers;
  const { bucket } = workspaceOf(state, identity.workspaceId);
  const { requestsPerMinute } = state.settings.limits;
  return {
    ...headers,
    'anthropic-organization-id': identity.organizationId,
    'anthropic-workspace-id': identity.workspaceId,
    ...(isBatchOperation(route.operation)
      ? rateLimitHeaders(bucket, requestsPerMinute, nowMs)
      : {}),
  };
}

// A script or clock of the test threw, or the client went away.
async function answerFailure(
  call: OpenCall | null,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown
): Promise<CallEnd> {
  if (request.destroyed && !request.complete) return 'aborted';
  if (response.destroyed || call?.state.closing.signal.aborted === true) return 'aborted';
  if (response.headersSent) {
    tearDown(response);
    return 'dropped';
  }
  request.resume();
  const message = `The simulator failed: ${error instanceof Error ? error.message : String(error)}`;
  const answer = errorAnswer({ type: 'api_error', message });
  const headers = { 'request-id': call?.requestId ?? 'req_failed', 'x-should-retry': 'false' };
  return sendAnswer(response, answer, headers, []);
}
