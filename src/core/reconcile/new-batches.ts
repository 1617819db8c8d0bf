/**
 * Which batches did the list of batches not show before a chunk's first POST? Only they can be the chunk's.
 *
 * Neither clocks nor counts decide: a gateway may send a `date` of its own, and some servers count a batch only when it
 * has ended.
 *
 * Why: docs/decisions/007-counts-are-hints.md
 *
 * @module
 */

/** How many of the newest batches an intent records. One that is left is enough: each of them may be deleted. */
export const BASELINE_BATCHES = 20;

/** Pages that a search reads. At the API's page size these are 50,000 batches. */
export const LIST_PAGES_MAX = 50;

/** What the order of a list is checked by. */
export interface Listed {
  readonly batchId: string;
  readonly createdAtMs: number;
}

export interface ListPage<Batch extends Listed> {
  /** In the order of the list. */
  readonly batches: readonly Batch[];
  readonly hasMore: boolean;
}

/** Why a list does not show every batch that was created since the chunk's first POST. */
export type ListFlaw =
  /** The chunk's intents do not say what the list showed before. */
  | 'noBaseline'
  /** A page lacks `has_more`, or a batch on it lacks its id or `created_at`. */
  | 'incomplete'
  /** `created_at` does not fall along the pages, so that new batches may be anywhere. */
  | 'unordered'
  /** Neither a batch of the baseline nor the end is among the first {@link LIST_PAGES_MAX} pages. */
  | 'tooLong';

export type ListVerdict<Batch extends Listed> =
  /** The next page is needed. */
  | { readonly verdict: 'readOn' }
  /** Every batch that was not listed before, and no other. */
  | { readonly verdict: 'found'; readonly batches: readonly Batch[] }
  | { readonly verdict: 'noProof'; readonly flaw: ListFlaw };

/**
 * Judges the pages of a list that have been read so far, the newest batch first.
 *
 * @param pages - Null for a page that is `incomplete`.
 * @param baseline - Ids of batches that the list showed before the chunk's first POST.
 */
export function judgeList<Batch extends Listed>(
  pages: readonly (ListPage<Batch> | null)[],
  baseline: readonly string[]
): ListVerdict<Batch> {
  const batches: Batch[] = [];
  for (const page of pages) {
    // A page without batches has no id at which the next one could begin.
    if (page === null || (page.hasMore && page.batches.length === 0)) return noProof('incomplete');
    batches.push(...page.batches);
  }
  if (!isOrdered(batches)) return noProof('unordered');
  const known = new Set(baseline);
  const lastKnown = batches.findLastIndex(({ batchId }) => known.has(batchId));
  const isEnd = pages.at(-1)?.hasMore === false;
  if (lastKnown < 0 && !isEnd) {
    return pages.length < LIST_PAGES_MAX ? { verdict: 'readOn' } : noProof('tooLong');
  }
  // The baseline's batches followed each other when it was read: what is between them was not listed then.
  const newer = lastKnown < 0 ? batches : batches.slice(0, lastKnown);
  return { verdict: 'found', batches: newer.filter(({ batchId }) => !known.has(batchId)) };
}

/**
 * Finds the batches that were listed before a chunk's first POST.
 *
 * Attempts that do not see each other's intents read the list for themselves, and the later one may list what the
 * earlier one created. So only what all of them saw was there before.
 *
 * @param baselines - Of every intent of the chunk; null where the list proved nothing.
 * @returns null when one of them is unknown.
 */
export function commonBaseline(
  baselines: readonly (readonly string[] | null)[]
): readonly string[] | null {
  const [first, ...others] = baselines;
  if (first === undefined || first === null) return null;
  let common = first;
  for (const other of others) {
    if (other === null) return null;
    const ids = new Set(other);
    common = common.filter((id) => ids.has(id));
  }
  return common;
}

function isOrdered(batches: readonly Listed[]): boolean {
  return batches.every(({ createdAtMs }, index) => {
    const before = batches[index - 1];
    return before === undefined || createdAtMs <= before.createdAtMs;
  });
}

function noProof(flaw: ListFlaw): { readonly verdict: 'noProof'; readonly flaw: ListFlaw } {
  return { verdict: 'noProof', flaw };
}
