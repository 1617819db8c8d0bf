/**
 * The list of batches, newest first, page by page.
 *
 * @module
 */
import { LIST_PAGE_SIZE_MAX } from '../../src/contract/limits';
import {
  judgeList,
  type Listed,
  type ListPage,
  type ListVerdict,
} from '../../src/core/reconcile/new-batches';
import { isBatchId, readTime } from './batch-answer';
import { BATCHES_PATH, callJson, type Call, type Caller } from './call-api';
import { unreadableAnswer } from './http-failures';

/** A batch as the list describes it. Most batches on it are not ours, so nothing else of them must be as documented. */
export interface ListedBatch extends Listed {
  /** RFC 3339. */
  readonly createdAt: string;
  readonly ended: boolean;
  /** The API has removed its results. */
  readonly archived: boolean;
  /** The sum of its counts; 0 where they are not as documented. */
  readonly total: number;
}

/** Null for a page that does not tell whether it is whole, or what it lists. */
export type BatchPage = ListPage<ListedBatch> | null;

const WHAT = 'the list of batches';

/**
 * Lists the batches that were not listed before a chunk's first POST.
 *
 * @param baseline - Ids of batches that were listed before.
 * @throws ApplicationFailure of the table in `http-failures.ts`.
 */
export async function listNewBatches(
  caller: Caller,
  baseline: readonly string[],
  heartbeat: (details: unknown) => void
): Promise<Exclude<ListVerdict<ListedBatch>, { verdict: 'readOn' }>> {
  const pages: BatchPage[] = [];
  for (;;) {
    const after = pages.at(-1)?.batches.at(-1)?.batchId;
    pages.push((await readPage(caller, LIST_PAGE_SIZE_MAX, after)).page);
    heartbeat({ page: pages.length });
    const judged = judgeList(pages, baseline);
    if (judged.verdict !== 'readOn') return judged;
  }
}

/**
 * Reads one page of the list.
 *
 * @param after - Id of the last batch of the page before.
 * @throws ApplicationFailure `MessageBatch.ApiUnavailable` when the answer is no list at all.
 */
export async function readPage(
  caller: Caller,
  limit: number,
  after?: string
): Promise<{ readonly headers: Headers; readonly page: BatchPage }> {
  const query = `?limit=${limit}${after === undefined ? '' : `&after_id=${after}`}`;
  const call: Call = { method: 'get', path: `${BATCHES_PATH}${query}`, what: WHAT };
  const { headers, body } = await callJson(caller, call);
  const { data, has_more: hasMore } = (body ?? {}) as { data?: unknown; has_more?: unknown };
  if (!Array.isArray(data)) throw unreadableAnswer(call, headers);
  const batches = data.map(toListed).filter((batch) => batch !== null);
  const isReadable = typeof hasMore === 'boolean' && batches.length === data.length;
  return { headers, page: isReadable ? { batches, hasMore } : null };
}

function toListed(batch: unknown): ListedBatch | null {
  if (typeof batch !== 'object' || batch === null) return null;
  const fields = batch as Record<string, unknown>;
  const { id } = fields;
  const createdAt = readTime(fields['created_at']);
  if (!isBatchId(id) || createdAt === null) return null;
  return {
    batchId: id,
    createdAt,
    createdAtMs: Date.parse(createdAt),
    ended: fields['processing_status'] === 'ended',
    archived: readTime(fields['archived_at']) !== null,
    total: sumOf(fields['request_counts']),
  };
}

function sumOf(counts: unknown): number {
  if (typeof counts !== 'object' || counts === null) return 0;
  let sum = 0;
  for (const count of Object.values(counts)) {
    if (!Number.isSafeInteger(count)) return 0;
    sum += count as number;
  }
  return sum;
}
