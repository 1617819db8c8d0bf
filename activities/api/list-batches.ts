/**
 * The list of batches, newest first, page by page.
 *
 * @module
 */
import type { BatchCheck } from '../../src/contract/activities';
import { LIST_PAGE_SIZE_MAX } from '../../src/contract/limits';
import { isBatchId, parseBatch } from './batch-answer';
import { BATCHES_PATH, callJson, type Caller } from './call-api';
import { unexpectedAnswer, unreadableAnswer } from './http-failures';

export interface ListedBatch {
  readonly batchId: string;
  readonly check: BatchCheck;
}

export interface BatchList {
  readonly batches: readonly ListedBatch[];
  /** The API's time of the first page: batches created later may be missing. */
  readonly apiNowMs: number;
}

/** More pages than one workspace can fill in two days. */
const PAGES_MAX = 1000;
const WHAT = 'the list of batches';

/**
 * Lists every batch back to a moment.
 *
 * @param sinceMs - On the API's clock: the list ends before the first older batch.
 * @throws ApplicationFailure of the table in `http-failures.ts`; `MessageBatch.UnexpectedAnswer` for a list
 * without an end.
 */
export async function listBatchesSince(
  caller: Caller,
  sinceMs: number,
  heartbeat: (details: unknown) => void
): Promise<BatchList> {
  const batches: ListedBatch[] = [];
  let apiNowMs: number | null = null;
  let after: string | null = null;
  for (let number = 1; number <= PAGES_MAX; number++) {
    const page = await readPage(caller, after);
    apiNowMs ??= page.apiNowMs;
    heartbeat({ page: number });
    for (const listed of page.batches) {
      if (Date.parse(listed.check.createdAt) < sinceMs) return { batches, apiNowMs };
      batches.push(listed);
    }
    const last = page.batches.at(-1);
    if (!page.hasMore || last === undefined) return { batches, apiNowMs };
    if (last.batchId === after) break;
    after = last.batchId;
  }
  throw unexpectedAnswer({ what: WHAT }, 'a list without an end');
}

interface Page {
  readonly batches: readonly ListedBatch[];
  readonly hasMore: boolean;
  readonly apiNowMs: number;
}

async function readPage(caller: Caller, after: string | null): Promise<Page> {
  const query = `?limit=${LIST_PAGE_SIZE_MAX}${after === null ? '' : `&after_id=${after}`}`;
  const call = { method: 'get', path: `${BATCHES_PATH}${query}`, what: WHAT } as const;
  const { headers, body } = await callJson(caller, call);
  const apiNowMs = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(apiNowMs)) throw unexpectedAnswer(call, 'without the date header');
  const { data, has_more: hasMore } = (body ?? {}) as { data?: unknown; has_more?: unknown };
  if (!Array.isArray(data) || typeof hasMore !== 'boolean') throw unreadableAnswer(call, headers);
  const batches = data.map((batch: unknown) => parseBatch(batch, call));
  if (!batches.every(({ batchId }) => isBatchId(batchId))) throw unreadableAnswer(call, headers);
  return { batches, hasMore, apiNowMs };
}
