import type { IncomingHttpHeaders } from 'node:http';
import { notFound, tooLarge } from '../../api-shapes/answers';
import type { Answer } from '../../api-shapes/answers';
import { betasIn } from '../state/auth';
import type { Identity } from '../state/auth';
import { batchResults, cancelBatch, deleteBatch, listBatches, retrieveBatch } from './batch-calls';
import type { BatchView } from './batch-calls';
import type { PendingCreate } from './create';
import type { ItemContext } from '../requests/item-validation';
import { countTokens, createMessage, listModels, retrieveModel } from './message-calls';
import { takeToken, tooManyCalls } from '../state/rate-limits';
import { isBatchOperation } from '../../api-shapes/router';
import type { Route } from '../../api-shapes/router';
import { workspaceOf } from '../state/state';
import type { SimulatorState } from '../state/state';

/** An authenticated call whose body is read. */
export interface ReadyCall {
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly identity: Identity;
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** `http://host:port`, as the client spells it. */
  readonly origin: string;
  /** Batches younger than this, in milliseconds, cannot be seen. */
  readonly hideMs: number;
  /** The body of a `create`; null for every other operation. */
  readonly create: PendingCreate | null;
  /** The body of every other operation; null where it was too large. */
  readonly body: Buffer | null;
}

/** Does what a call asks for and says how it is answered. */
export function execute(state: SimulatorState, call: ReadyCall): Answer {
  const limited = takeCall(state, call);
  if (limited !== null) return limited;
  const { nowMs, query, origin } = call;
  const id = call.route.id ?? '';
  const view = toView(state, call);
  switch (call.route.operation) {
    case 'create':
      return call.create?.accept(nowMs, origin) ?? notFound('Not found');
    case 'list':
      return listBatches(view, query);
    case 'retrieve':
      return retrieveBatch(view, id);
    case 'cancel':
      return cancelBatch(view, id, state.settings.cancelOfEnded);
    case 'delete':
      return deleteBatch(view, id);
    case 'results':
      return batchResults(view, id, state.closing.signal);
    case 'messages':
      return call.body === null ? tooLarge() : createMessage(call.body, itemContext(call.headers));
    case 'count_tokens':
      return call.body === null ? tooLarge() : countTokens(call.body, itemContext(call.headers));
    case 'models':
      return listModels(query);
    case 'model':
      return retrieveModel(id);
    case 'unknown':
      return notFound('Not found');
  }
}

/** What a `create`'s headers mean for each of its requests. */
export function batchContext(headers: IncomingHttpHeaders): ItemContext {
  return { ...itemContext(headers), isBatch: true };
}

function itemContext(headers: IncomingHttpHeaders): ItemContext {
  const profile = headers['anthropic-user-profile-id'];
  return {
    version: String(headers['anthropic-version']),
    betas: betasIn(headers),
    userProfileId: profile === undefined ? null : String(profile),
    isBatch: false,
  };
}

function takeCall(state: SimulatorState, call: ReadyCall): Answer | null {
  const { requestsPerMinute } = state.settings.limits;
  if (requestsPerMinute === null || !isBatchOperation(call.route.operation)) return null;
  const workspace = workspaceOf(state, call.identity.workspaceId);
  const taken = takeToken(workspace.bucket, requestsPerMinute, call.nowMs);
  workspace.bucket = taken.bucket;
  return taken.retryAfterSeconds === 0 ? null : tooManyCalls(taken.retryAfterSeconds);
}

function toView(state: SimulatorState, call: ReadyCall): BatchView {
  const { nowMs, origin, identity, hideMs } = call;
  const batches = [...state.batches.values()]
    .filter((batch) => batch.workspaceId === identity.workspaceId && !batch.isGone)
    .filter((batch) => hideMs === 0 || nowMs - batch.createdAtMs >= hideMs)
    .reverse();
  return { batches, nowMs, origin };
}
