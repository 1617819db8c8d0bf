/**
 * Decides what became of a POST whose answer was lost.
 *
 * Only two things prove that a batch is ours: the answer to our own create call, and our ids in its results. So a batch
 * of the right size and age is a candidate until its results tell whose it is, and a chunk is submitted again only when
 * no candidate is left.
 *
 * Why: docs/decisions/007-counts-are-hints.md
 *
 * @module
 */

/** One POST whose answer was lost, on the API's clock. */
export interface LostPost {
  /** The API's time before the POST. */
  readonly apiTimeMs: number;
  /** How long after that its socket was certainly closed. */
  readonly closedAfterMs: number;
}

/** A batch of the right size and age that no other chunk is known to own. */
export interface Candidate {
  readonly batchId: string;
  readonly createdAtMs: number;
  readonly ended: boolean;
  /** What its results proved. `unproven`: it has none yet, or they have not been read. */
  readonly proof: 'ours' | 'foreign' | 'unproven';
  /** True when an earlier search found it, and now it or its results no longer exist. */
  readonly lost: boolean;
}

export interface ReconcileFacts {
  readonly posts: readonly LostPost[];
  readonly candidates: readonly Candidate[];
  /** The API's time when it sent the list. */
  readonly apiNowMs: number;
  readonly lostAnswerWaitMs: number;
}

export type ReconcileDecision =
  /** The earliest batch is kept; more than one means that a POST was delivered late. */
  | {
      readonly decision: 'adopt';
      readonly first: Candidate;
      readonly duplicates: readonly Candidate[];
    }
  | { readonly decision: 'absent' }
  /** Search again after `delayMs`; null: at the pace of status checks. */
  | {
      readonly decision: 'wait';
      readonly delayMs: number | null;
      readonly batchIds: readonly string[];
    }
  /** A proof was possible once and no longer is: an operator has to decide. */
  | { readonly decision: 'ask'; readonly batchIds: readonly string[] };

/** The API's clocks may differ among themselves, and its `date` header is cut to the second. */
export const API_CLOCK_MARGIN_MS = 5 * 60_000;

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

/** From when on a list without candidates proves that no batch exists: `lostAnswerWait` after the last socket was closed. */
function absentAtMs(posts: readonly LostPost[], lostAnswerWaitMs: number): number {
  const closed = posts.map(({ apiTimeMs, closedAfterMs }) => apiTimeMs + closedAfterMs);
  return Math.max(...closed) + lostAnswerWaitMs;
}

/**
 * Whether one of these POSTs can have created a batch, by its age alone.
 *
 * @param lateMs - How long after its socket was closed a POST may still be delivered, by a proxy that held it back.
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
