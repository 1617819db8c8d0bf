/** What a call asks for; `unknown` is answered 404. */
export type Operation =
  | 'create'
  | 'list'
  | 'retrieve'
  | 'cancel'
  | 'delete'
  | 'results'
  | 'messages'
  | 'count_tokens'
  | 'models'
  | 'model'
  | 'unknown';

export interface Route {
  readonly operation: Operation;
  /** The batch id or model id in the path, or null. */
  readonly id: string | null;
}

const BATCHES = '/v1/messages/batches';

const ROUTES: readonly (readonly [method: string, path: RegExp, operation: Operation])[] = [
  ['POST', new RegExp(`^${BATCHES}$`), 'create'],
  ['GET', new RegExp(`^${BATCHES}$`), 'list'],
  ['GET', new RegExp(`^${BATCHES}/([^/]+)$`), 'retrieve'],
  ['DELETE', new RegExp(`^${BATCHES}/([^/]+)$`), 'delete'],
  ['POST', new RegExp(`^${BATCHES}/([^/]+)/cancel$`), 'cancel'],
  ['GET', new RegExp(`^${BATCHES}/([^/]+)/results$`), 'results'],
  ['POST', /^\/v1\/messages$/, 'messages'],
  ['POST', /^\/v1\/messages\/count_tokens$/, 'count_tokens'],
  ['GET', /^\/v1\/models$/, 'models'],
  ['GET', /^\/v1\/models\/([^/]+)$/, 'model'],
];

const BATCH_OPERATIONS: ReadonlySet<Operation> = new Set<Operation>([
  'create',
  'list',
  'retrieve',
  'cancel',
  'delete',
  'results',
]);

/** Whether the call goes to the batch endpoints, which have a rate limit of their own. */
export function isBatchOperation(operation: Operation): boolean {
  return BATCH_OPERATIONS.has(operation);
}

export function findRoute(method: string, path: string): Route {
  for (const [routeMethod, pattern, operation] of ROUTES) {
    const match = method === routeMethod ? pattern.exec(path) : null;
    if (match !== null) return { operation, id: match[1] === undefined ? null : decoded(match[1]) };
  }
  return { operation: 'unknown', id: null };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
