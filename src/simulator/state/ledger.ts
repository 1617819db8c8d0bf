import type { IncomingHttpHeaders } from 'node:http';
import { finishesAtMs, isExecutedAt } from './batch';
import type { BatchRecord } from './batch';
import type { Operation } from '../../api-shapes/router';

/** Calls that the ledger remembers; older ones are dropped. */
const LEDGER_CALLS_MAX = 100_000;

/** One received call. */
export interface LedgerCall {
  readonly operation: Operation;
  readonly method: string;
  /** With the query, as it came. */
  readonly path: string;
  /** The request's headers, without keys. */
  readonly headers: IncomingHttpHeaders;
  /** The batch in the path, or that a `create` made; null for none. */
  readonly batchId: string | null;
  /** Null where the key was not known. */
  readonly workspaceId: string | null;
  /** The simulator's clock, epoch milliseconds. */
  readonly atMs: number;
  /** The HTTP status; `dropped` and `hung` by a fault, `aborted` by the client, `pending` before the answer. */
  readonly status: number | 'pending' | 'dropped' | 'hung' | 'aborted';
}

/** One accepted batch. It stays in the ledger when the batch is deleted. */
export interface LedgerBatch {
  readonly id: string;
  readonly workspaceId: string;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  /** In the order of the body. */
  readonly requests: readonly LedgerRequest[];
}

export interface LedgerRequest {
  readonly customId: string;
  /** SHA-256 of the params' JSON in hex; see `keyOf`. */
  readonly key: string;
  readonly attempt: number;
}

/** One request that the model has answered: it is billed. */
export interface Execution extends LedgerRequest {
  readonly batchId: string;
  /** Epoch milliseconds. */
  readonly finishedAtMs: number;
}

/** What the simulator has seen and done since it started. */
export interface Ledger {
  /** Accepted batches, the oldest first. */
  readonly batches: readonly LedgerBatch[];
  /** Received calls, the oldest first; the last 100,000. */
  readonly calls: readonly LedgerCall[];
  /** How many calls of each operation were received. */
  readonly counts: Readonly<Record<Operation, number>>;
  /**
   * Requests that were executed in batches by now, by the simulator's clock; with a key, those of this key.
   *
   * More than one execution of the same key, where no attempt failed, was paid twice.
   */
  executions(key?: string): Promise<Execution[]>;
}

/** The side of the ledger that is written to. */
export interface LedgerBook {
  readonly batches: BatchRecord[];
  readonly calls: LedgerCall[];
  readonly counts: Record<Operation, number>;
}

export function createLedgerBook(): LedgerBook {
  return {
    batches: [],
    calls: [],
    counts: {
      create: 0,
      list: 0,
      retrieve: 0,
      cancel: 0,
      delete: 0,
      results: 0,
      messages: 0,
      count_tokens: 0,
      models: 0,
      model: 0,
      unknown: 0,
    },
  };
}

export function recordCall(book: LedgerBook, call: LedgerCall): void {
  book.counts[call.operation] += 1;
  book.calls.push(call);
  if (book.calls.length > LEDGER_CALLS_MAX) book.calls.shift();
}

export function toLedger(book: LedgerBook, now: () => Promise<number>): Ledger {
  return {
    get batches() {
      return book.batches.map(({ id, workspaceId, createdAtMs, items }) => ({
        id,
        workspaceId,
        createdAtMs,
        requests: items,
      }));
    },
    get calls() {
      return [...book.calls];
    },
    get counts() {
      return { ...book.counts };
    },
    async executions(key) {
      const nowMs = await now();
      return book.batches.flatMap((batch) => executionsOf(batch, nowMs, key));
    },
  };
}

function executionsOf(batch: BatchRecord, nowMs: number, key: string | undefined): Execution[] {
  const items = key === undefined ? batch.items : batch.items.filter((item) => item.key === key);
  return items
    .filter((item) => isExecutedAt(batch, item, nowMs))
    .map((item) => ({
      customId: item.customId,
      key: item.key,
      attempt: item.attempt,
      batchId: batch.id,
      finishedAtMs: finishesAtMs(batch, item),
    }));
}

const SECRET_HEADERS = ['x-api-key', 'authorization', 'proxy-authorization', 'cookie'];

export function withoutKeys(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !SECRET_HEADERS.includes(name))
  );
}
