import type { IncomingHttpHeaders } from 'node:http';
import type { StreamEdit } from '../../api-shapes/answers';
import type { Operation } from '../../api-shapes/router';

/**
 * When a fault strikes.
 *
 * - `arrived`: the headers are there, the body is not read.
 * - `read`: the body is read and nothing has happened.
 * - `executed`: the operation is done (a `create` is accepted and will be billed), its answer not sent.
 */
export type FaultStage = 'arrived' | 'read' | 'executed';

/** A call as a fault's predicate sees it. */
export interface FaultCall {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  /** The request's headers, without keys. */
  readonly headers: IncomingHttpHeaders;
  /** The batch in the path; for a `create`, the new one's id from the stage `executed` on. */
  readonly batchId: string | null;
  /** From 1: the number of this call among the calls of its operation. */
  readonly callNumber: number;
  /** The simulator's clock, epoch milliseconds. */
  readonly nowMs: number;
  /** The ids in a `create`'s body, from the stage `read` on; else empty. */
  readonly customIds: () => readonly string[];
}

/** Something that goes wrong with calls of an operation. */
export interface Fault {
  readonly on: Operation | readonly Operation[] | '*';
  /** What happens, or a function that decides it for each call and may return undefined for nothing. */
  readonly action: FaultAction | ((call: FaultCall) => FaultAction | undefined);
  /** How many calls it strikes. @default 1, and Infinity for `hiddenFor` */
  readonly times?: number;
  /** How many matching calls it lets pass first. @default 0 */
  readonly skip?: number;
  /** Which calls it strikes. Defaults to every call of the operation. */
  readonly when?: (call: FaultCall) => boolean;
  /**
   * Defaults to what the action makes sense for: `arrived` for a dropped or hung connection, `read` for an
   * error, `executed` for everything that changes a good answer.
   */
  readonly stage?: FaultStage;
}

export type FaultAction =
  | ErrorAction
  | RespondAction
  | { readonly type: 'drop' }
  | { readonly type: 'hang' }
  | { readonly type: 'delay'; readonly ms: number }
  | { readonly type: 'hide'; readonly ms: number }
  | { readonly type: 'edit'; readonly edit: BodyEdit }
  | { readonly type: 'date'; readonly aheadMs: number }
  | ResultsAction;

/** Answers with an error envelope. */
export interface ErrorAction {
  readonly type: 'error';
  readonly status: number;
  /** Defaults to the type that goes with the status. */
  readonly errorType?: string;
  readonly message?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with any bytes. */
export interface RespondAction {
  readonly type: 'respond';
  readonly status: number;
  readonly body: string;
  /** Null sends none. */
  readonly contentType: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Changes the JSON of a good answer. */
export type BodyEdit = (body: Record<string, unknown>) => Record<string, unknown>;

/** Changes a result file while it is sent. */
export interface ResultsAction extends StreamEdit {
  readonly type: 'results';
}

/** An error in the API's envelope: `failing(529)`, `failing(429, { headers: { 'retry-after': '3' } })`. */
export function failing(
  status: number,
  settings: Omit<ErrorAction, 'type' | 'status'> = {}
): ErrorAction {
  return { type: 'error', status, ...settings };
}

export function responding(
  status: number,
  body: string,
  settings: { contentType?: string | null; headers?: Readonly<Record<string, string>> } = {}
): RespondAction {
  return { type: 'respond', status, body, contentType: 'application/json', ...settings };
}

/** A web page where JSON should be. */
export function respondingHtml(status = 200): RespondAction {
  const body =
    '<!DOCTYPE html>\n<html><head><title>Error</title></head><body>Error</body></html>\n';
  return responding(status, body, { contentType: 'text/html' });
}

export function respondingNothing(status = 200): RespondAction {
  return responding(status, '');
}

export function redirecting(location: string, status = 307): RespondAction {
  return responding(status, '', { contentType: null, headers: { location } });
}

/** The connection is reset. At the stage `executed` that is a lost answer: the batch exists and will be billed. */
export function dropping(): FaultAction {
  return { type: 'drop' };
}

/** No answer, ever; the connection stays open until a side closes it. */
export function hanging(): FaultAction {
  return { type: 'hang' };
}

/** Goes on after so many real milliseconds. */
export function delaying(ms: number): FaultAction {
  return { type: 'delay', ms };
}

/** Batches cannot be seen for so many milliseconds of the simulator's clock after their creation: 404, and in no list. */
export function hiddenFor(ms: number): FaultAction {
  return { type: 'hide', ms };
}

export function editing(edit: BodyEdit): FaultAction {
  return { type: 'edit', edit };
}

/** A gateway that sends a `date` of its own: so many milliseconds ahead of the simulator's clock, or behind it. */
export function dateAhead(aheadMs: number): FaultAction {
  return { type: 'date', aheadMs };
}

/** A server that counts a batch's requests only when it has ended: until then every count is 0. */
export function countsAtEnd(): FaultAction {
  return editingBatches((batch) =>
    batch['processing_status'] === 'ended'
      ? batch
      : {
          ...batch,
          request_counts: { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
        }
  );
}

/** A list whose pages are not in the order of `created_at`: each is turned round. */
export function unorderedList(): FaultAction {
  return editingList((list) => ({ ...list, data: [...list.data].reverse() }));
}

/** A list that leaves out what tells whether it is whole, or what it lists. */
export function listWithout(member: 'has_more' | 'id' | 'created_at'): FaultAction {
  if (member === 'has_more') {
    return editingList((list) => without(list, member));
  }
  return editingList((list) => ({
    ...list,
    data: list.data.map((batch) => without(batch, member)),
  }));
}

/** A list whose pages hold at most so many batches, whatever `limit` asks for. */
export function shortPages(batchesMax: number): FaultAction {
  return editingList((list) => {
    const data = list.data.slice(0, batchesMax);
    const isCut = data.length < list.data.length;
    return {
      ...list,
      data,
      has_more: isCut || list['has_more'],
      last_id: data.at(-1)?.['id'] ?? null,
    };
  });
}

/** A `processing_status` that no client knows. */
export function unknownStatus(status = 'paused'): FaultAction {
  return editingBatches((batch) => ({ ...batch, processing_status: status }));
}

export function negativeCounts(): FaultAction {
  return editingBatches((batch) => {
    const counts = batch['request_counts'] as Record<string, number>;
    return { ...batch, request_counts: { ...counts, processing: -1 } };
  });
}

/** Fields that the API may add one day. */
export function extraFields(fields: Readonly<Record<string, unknown>>): FaultAction {
  return editingBatches((batch) => ({ ...batch, ...fields }));
}

/** A `results_url` on another host: a client that follows it sends its key there. */
export function resultsUrlOn(origin: string): FaultAction {
  return editingBatches((batch) => ({
    ...batch,
    results_url: `${origin}/v1/messages/batches/${String(batch['id'])}/results`,
  }));
}

/** When a fault of this action strikes if it does not say. */
export function defaultStage(action: FaultAction): FaultStage {
  switch (action.type) {
    case 'drop':
    case 'hang':
    case 'delay':
      return 'arrived';
    case 'error':
    case 'hide':
      return 'read';
    case 'respond':
      return action.status < 300 ? 'executed' : 'read';
    case 'edit':
    case 'date':
    case 'results':
      return 'executed';
  }
}

// A list holds batches, every other answer is one.
function editingBatches(edit: BodyEdit): FaultAction {
  return editing((body) =>
    Array.isArray(body['data'])
      ? { ...body, data: (body['data'] as Record<string, unknown>[]).map(edit) }
      : edit(body)
  );
}

interface ListBody extends Record<string, unknown> {
  readonly data: readonly Record<string, unknown>[];
}

/** Changes lists, and leaves every other answer as it is. */
function editingList(edit: (list: ListBody) => Record<string, unknown>): FaultAction {
  return editing((body) => (Array.isArray(body['data']) ? edit(body as ListBody) : body));
}

function without(body: Record<string, unknown>, member: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== member));
}
