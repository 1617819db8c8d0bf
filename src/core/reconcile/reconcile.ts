/**
 * Decides what became of a POST whose answer was lost.
 *
 * Only two things prove that a batch is ours: the answer to our own create call, and our ids in its results. So every
 * batch that was not listed before the POST is a candidate until its results tell whose it is, and a chunk is submitted
 * again only when no candidate is left.
 *
 * Why: docs/decisions/007-counts-are-hints.md
 *
 * @module
 */
import type { ListFlaw } from './new-batches';

/** One POST whose answer was lost. */
export interface LostPost {
  /** Its socket is closed this long after the search began, at the latest. */
  readonly closedAfterMs: number;
}

/** A batch that was not listed before the POST, and that no other chunk is known to own. */
export interface Candidate {
  readonly batchId: string;
  readonly createdAtMs: number;
  readonly ended: boolean;
  /** What its results proved. `unproven`: it has none yet, or they have not been read. */
  readonly proof: 'ours' | 'foreign' | 'unproven';
  /** True when an earlier search found it, and now it or its results no longer exist. */
  readonly lost: boolean;
  /** True when it was first listed after `lostAnswerWait`: its results may prove it ours, but nothing waits for them. */
  readonly late: boolean;
}

export interface ReconcileFacts {
  readonly candidates: readonly Candidate[];
  /** Why the list does not show every candidate; null when it does. */
  readonly flaw: ListFlaw | null;
  /** Whether the candidates that the list showed after `lostAnswerWait` are recorded. */
  readonly listed: boolean;
  /** How long the list must still stay empty. */
  readonly leftMs: number;
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
  /** There is no proof, and a person has to decide: a candidate can no longer be read, or the list has a flaw. */
  | {
      readonly decision: 'ask';
      readonly batchIds: readonly string[];
      readonly flaw: ListFlaw | null;
    };

export function decideReconcile({
  candidates,
  flaw,
  listed,
  leftMs,
}: ReconcileFacts): ReconcileDecision {
  const ours = candidates
    .filter(({ proof }) => proof === 'ours')
    .sort((a, b) => a.createdAtMs - b.createdAtMs);
  const [first, ...duplicates] = ours;
  if (first !== undefined) return { decision: 'adopt', first, duplicates };
  const unproven = candidates.filter(({ proof, late }) => proof === 'unproven' && !late);
  const lost = unproven.filter((candidate) => candidate.lost);
  if (lost.length > 0) return { decision: 'ask', batchIds: idsOf(lost), flaw: null };
  if (flaw !== null && !listed) return { decision: 'ask', batchIds: [], flaw };
  if (unproven.length > 0) return { decision: 'wait', delayMs: null, batchIds: idsOf(unproven) };
  if (listed || leftMs <= 0) return { decision: 'absent' };
  return { decision: 'wait', delayMs: leftMs, batchIds: [] };
}

/**
 * How long a list without candidates must still stay empty: until `lostAnswerWait` after the last socket was closed.
 *
 * @param searchedMs - How long the search has lasted, on Temporal's clock: a gateway's `date` may jump.
 */
export function emptyListLeftMs(
  posts: readonly LostPost[],
  searchedMs: number,
  lostAnswerWaitMs: number
): number {
  const closedAfterMs = Math.max(...posts.map((post) => post.closedAfterMs));
  return closedAfterMs + lostAnswerWaitMs - searchedMs;
}

function idsOf(candidates: readonly Candidate[]): string[] {
  return candidates.map(({ batchId }) => batchId);
}
