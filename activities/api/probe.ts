import { BASELINE_BATCHES } from '../../src/core/reconcile/new-batches';
import type { Caller } from './call-api';
import { unexpectedAnswer } from './http-failures';
import { readPage, type BatchPage } from './list-batches';
import { answererOf, type Answerer } from './workspace';

/** What a probe of the API learns. */
export interface ApiProbe extends Answerer {
  /** The API's own clock, RFC 3339, rounded down to the second. */
  readonly apiTime: string;
  /** Ids of the newest batches, the newest first; null when the list does not tell. */
  readonly newest: readonly string[] | null;
}

/** Lists the newest batches, which costs nothing: also for the API's time, and the workspace that the key belongs to. */
export async function probeApi(caller: Caller): Promise<ApiProbe> {
  const { headers, page } = await readPage(caller, BASELINE_BATCHES);
  const apiMs = Date.parse(headers.get('date') ?? '');
  // People read it beside the batches in the Console; this machine's clock is no substitute.
  if (Number.isNaN(apiMs))
    throw unexpectedAnswer({ what: 'the list of batches' }, 'without the date header');
  return { ...answererOf(headers), apiTime: new Date(apiMs).toISOString(), newest: idsOf(page) };
}

/** An empty page proves that there are no batches only if it says that it is the last one. */
function idsOf(page: BatchPage): readonly string[] | null {
  if (page === null || (page.hasMore && page.batches.length === 0)) return null;
  return page.batches.slice(0, BASELINE_BATCHES).map(({ batchId }) => batchId);
}
