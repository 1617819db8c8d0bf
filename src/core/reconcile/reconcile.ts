/**
 * Deciding what became of a POST whose answer was lost.
 *
 * Only two things prove a batch ours: the answer to our own create, and our ids in its results. So a batch of the right
 * size and age is a candidate until its results say whose it is, and a chunk is submitted again only when nothing that
 * could be its batch is left.
 *
 * Why: docs/decisions/007-counts-are-hints.md
 *
 * @module
 */

/** One POST without a known end, on the API's clock. */
export interface LostPost {
  /** The API's time before the POST. */
  readonly apiTimeMs: number;
  /** When, after that, the socket was certainly closed. */
  readonly closedAfterMs: number;
}

/** A batch of the right size and age that nobody else is known to own. */
export interface Candidate {
  readonly batchId: string;
  readonly createdAtMs: number;
  readonly ended: boolean;
  /** What its results said. `unproven`: it has none yet, or they were not looked at. */
  readonly proof: 'ours' | 'foreign' | 'unproven';
  /** True when it was a candidate once and can't be found or read any more. */
  readonly lost: boolean;
}

export interface ReconcileFacts {
  readonly posts: readonly LostPost[];
  readonly candidates: readonly Candidate[];
  /** The API's time of the list. */
  readonly apiNowMs: number;
  readonly lostAnswerWaitMs: number;
}

export type ReconcileDecision =
  /** The earliest one is kept; more than one means that the API took a POST twice. */
  | {
      readonly decision: 'adopt';
      readonly first: Candidate;
      readonly duplicates: readonly Candidate[];
    }
  | { readonly decision: 'absent' }
  /** Look again after `delayMs`; null: as often as one looks at a batch. */
  | {
      readonly decision: 'wait';
      readonly delayMs: number | null;
      readonly batchIds: readonly string[];
    }
  /** Proof was possible once and no longer is: a person must say. */
  | { readonly decision: 'ask'; readonly batchIds: readonly string[] };

/** The API's clocks may differ among themselves, and its `date` header is cut to the second. */
export const API_CLOCK_MARGIN_MS = 5 * 60_000;

/** Decides by what is known now. */
export function decideReconcile({
  posts,
  candidates,
  apiNowMs,
  lostAnswerWaitMs,
}: ReconcileFacts): ReconcileDecision {
  const ours = candidates
    .filter(({ proof }) => proof === 'ours')
    .sort((a, b) => a.createdAtMs - b.createdAtMs);
  const [first, ...duplicates] = ours;
  if (first !== undefined) return { decision: 'adopt', first, duplicates };
  const unproven = candidates.filter(({ proof }) => proof === 'unproven');
  const lost = unproven.filter((candidate) => candidate.lost);
  if (lost.length > 0) return { decision: 'ask', batchIds: lost.map(({ batchId }) => batchId) };
  if (unproven.length > 0) {
    const ids = unproven.map(({ batchId }) => batchId);
    return { decision: 'wait', delayMs: null, batchIds: ids };
  }
  const leftMs = absentAtMs(posts, lostAnswerWaitMs) - apiNowMs;
  return leftMs > 0 ? { decision: 'wait', delayMs: leftMs, batchIds: [] } : { decision: 'absent' };
}

/** When an empty list has been empty for long enough: `lostAnswerWait` after the last socket was closed. */
function absentAtMs(posts: readonly LostPost[], lostAnswerWaitMs: number): number {
  const closed = posts.map(({ apiTimeMs, closedAfterMs }) => apiTimeMs + closedAfterMs);
  return Math.max(...closed) + lostAnswerWaitMs;
}

/**
 * Whether a batch can be what one of these POSTs made, by its age alone.
 *
 * @param lateMs - How long after its socket was closed a POST may still be delivered: by a proxy that held it back.
 */
export function couldBeFrom(
  createdAtMs: number,
  posts: readonly LostPost[],
  lateMs: number
): boolean {
  return posts.some(
    ({ apiTimeMs, closedAfterMs }) =>
      createdAtMs >= apiTimeMs - API_CLOCK_MARGIN_MS &&
      createdAtMs <= apiTimeMs + closedAfterMs + lateMs + API_CLOCK_MARGIN_MS
  );
}
