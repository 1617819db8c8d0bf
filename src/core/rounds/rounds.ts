/**
 * A job's ledger of rounds: which exist, and which chunks' failed requests wait for the next one.
 *
 * What an Activity has written to the store counts. An earlier execution of the job may have planned rounds of which this
 * one learns late, and its chunks may report before ours do.
 *
 * @module
 */
import type { RoundPlan } from '../../contract/activities';
import type { ChunkState } from '../../contract/children';
import type { ChunkName } from '../../contract/names';
import type { Pause } from '../../contract/public';
import { retryDelayMs } from '../wait/check-schedule';

export interface Rounds {
  /** Every round that was opened. One that no Activity has planned yet has 0 chunks. */
  readonly plans: readonly RoundPlan[];
  /** Collected chunks with requests for a later round. */
  readonly pending: readonly ChunkName[];
  /** When the next round may start; null while nothing is pending. */
  readonly nextRoundAtMs: number | null;
}

/** When a transition happens, and the job's delay before its first retry round. */
export interface RoundsClock {
  readonly nowMs: number;
  readonly firstDelayMs: number;
}

export const NO_ROUNDS: Rounds = { plans: [], pending: [], nextRoundAtMs: null };

/** The job's plan was read: it says which chunks the rounds of earlier executions contain. */
export function applyPlan(
  { pending }: Rounds,
  plans: readonly RoundPlan[],
  clock: RoundsClock
): Rounds {
  const planned: Rounds = { plans, pending: [], nextRoundAtMs: null };
  // Chunks of an earlier execution may have reported before the plan said which rounds contain them.
  const early = pending.filter((chunk) => !isInSomeRound(planned, chunk));
  return queueAll(planned, early, clock);
}

/**
 * A chunk was collected: what failed in it waits for the next round.
 *
 * @returns `pause` when the whole job must pause first, because of the account.
 */
export function applyCollected(
  rounds: Rounds,
  { round, chunk, collected }: ChunkState,
  clock: RoundsClock
): { readonly rounds: Rounds; readonly pause: Pause | null } {
  if (collected === null || isInSomeRound(rounds, { round, chunk })) return { rounds, pause: null };
  if (collected.retry + collected.stopped === 0) return { rounds, pause: null };
  return {
    rounds: queueForRetry(rounds, { round, chunk }, clock),
    pause:
      collected.retryAfterAccount > 0
        ? {
            kind: 'account',
            reason:
              `${collected.retryAfterAccount} requests failed because of the account's credit, billing or key. ` +
              'Fix it in the Console, then resume.',
          }
        : null,
  };
}

/**
 * An Activity has planned a round that was opened.
 *
 * An earlier execution may have planned it of other chunks than this one asked for: those that it left out wait again.
 */
export function applyRoundPlan(rounds: Rounds, plan: RoundPlan, clock: RoundsClock): Rounds {
  const opened = rounds.plans.find(({ round }) => round === plan.round);
  if (opened === undefined) return rounds;
  const pending = rounds.pending.filter((chunk) => !includes(plan.sources, chunk));
  const planned: Rounds = {
    plans: rounds.plans.map((known) => (known === opened ? plan : known)),
    pending,
    nextRoundAtMs: pending.length === 0 ? null : rounds.nextRoundAtMs,
  };
  const leftOut = opened.sources.filter((chunk) => !includes(plan.sources, chunk));
  return queueAll(planned, leftOut, clock);
}

/** Opens the next round with everything that is pending. */
export function openRound(rounds: Rounds): { readonly rounds: Rounds; readonly opened: RoundPlan } {
  const round = Math.max(0, ...rounds.plans.map((plan) => plan.round)) + 1;
  const opened: RoundPlan = { round, chunks: 0, requests: 0, sources: rounds.pending };
  return {
    rounds: { plans: [...rounds.plans, opened], pending: [], nextRoundAtMs: null },
    opened,
  };
}

/** Delay until the next round may start; null when none is due. */
export function nextRoundInMs({ plans, nextRoundAtMs }: Rounds, nowMs: number): number | null {
  // One round at a time: one that an earlier execution planned may contain what is pending here.
  if (nextRoundAtMs === null || !plans.every(isPlanned)) return null;
  return Math.max(0, nextRoundAtMs - nowMs);
}

function isPlanned({ chunks }: RoundPlan): boolean {
  return chunks > 0;
}

function queueAll(rounds: Rounds, chunks: readonly ChunkName[], clock: RoundsClock): Rounds {
  return chunks.reduce((queued, chunk) => queueForRetry(queued, chunk, clock), rounds);
}

function queueForRetry(
  rounds: Rounds,
  { round, chunk }: ChunkName,
  { nowMs, firstDelayMs }: RoundsClock
): Rounds {
  const { pending, nextRoundAtMs } = rounds;
  return {
    ...rounds,
    // A child of an earlier execution may have reported the same chunk.
    pending: includes(pending, { round, chunk }) ? pending : [...pending, { round, chunk }],
    nextRoundAtMs: nextRoundAtMs ?? nowMs + retryDelayMs(round, firstDelayMs),
  };
}

/** Whether a round contains the requests that this chunk left over. */
function isInSomeRound({ plans }: Rounds, chunk: ChunkName): boolean {
  return plans.some(({ sources }) => includes(sources, chunk));
}

function includes(names: readonly ChunkName[], { round, chunk }: ChunkName): boolean {
  return names.some((name) => name.round === round && name.chunk === chunk);
}
