import type { RoundPlan } from '../../../src/contract/activities';
import type { ChunkState } from '../../../src/contract/children';
import type { ChunkName } from '../../../src/contract/names';
import {
  applyCollected,
  applyPlan,
  applyRoundPlan,
  nextRoundInMs,
  NO_ROUNDS,
  openRound,
  type Rounds,
} from '../../../src/core/rounds/rounds';

const NOW_MS = 1_000_000;
const CLOCK = { nowMs: NOW_MS, firstDelayMs: 60_000 };
const FIRST: RoundPlan = { round: 1, chunks: 2, requests: 20, sources: [] };

function name(label: string): ChunkName {
  const [round, chunk] = label.split('-').map(Number);
  return { round: round ?? 0, chunk: chunk ?? 0 };
}

function plan(round: number, chunks: number, ...sources: string[]): RoundPlan {
  return { round, chunks, requests: chunks * 10, sources: sources.map(name) };
}

interface Left {
  readonly retry?: number;
  readonly retryAfterAccount?: number;
  readonly stopped?: number;
}

function collected(label: string, left: Left = { retry: 1 }): ChunkState {
  const counts = { succeeded: 9, errored: 1, expired: 0, canceled: 0, missing: 0 };
  return {
    ...name(label),
    phase: 'collecting',
    requests: 10,
    batchId: 'msgbatch_1',
    submittedAt: null,
    endedAt: null,
    pause: null,
    note: null,
    collected: {
      batchId: 'msgbatch_1',
      requests: 10,
      counts,
      final: counts,
      retry: 0,
      retryAfterAccount: 0,
      stopped: 0,
      ...left,
    },
  };
}

/** A ledger after these chunks were collected, at the same moment. */
function after(rounds: Rounds, ...labels: string[]): Rounds {
  return labels.reduce((now, label) => applyCollected(now, collected(label), CLOCK).rounds, rounds);
}

function pendingOf({ pending }: Rounds): string[] {
  return pending.map(({ round, chunk }) => `${round}-${chunk}`);
}

const started = applyPlan(NO_ROUNDS, [FIRST], CLOCK);

describe('applyCollected', () => {
  test.each<[string, Left, string[]]>([
    ['failed requests wait for the next round', { retry: 1 }, ['1-0']],
    ['so do those that our own cancellation stopped', { stopped: 1 }, ['1-0']],
    ['a chunk without any has nothing to wait for', {}, []],
  ])('%s', (_, left, pending) => {
    const { rounds, pause } = applyCollected(started, collected('1-0', left), CLOCK);
    expect(pendingOf(rounds)).toEqual(pending);
    expect(rounds.nextRoundAtMs).toBe(pending.length === 0 ? null : NOW_MS + 60_000);
    expect(pause).toBeNull();
  });

  test('a chunk that is not collected changes nothing', () => {
    const state = { ...collected('1-0'), collected: null };
    expect(applyCollected(started, state, CLOCK)).toEqual({ rounds: started, pause: null });
  });

  test('requests that failed because of the account pause the job', () => {
    const state = collected('1-0', { retry: 5, retryAfterAccount: 3 });
    expect(applyCollected(started, state, CLOCK).pause).toMatchObject({
      kind: 'account',
      reason: expect.stringMatching(/^3 requests /) as string,
    });
  });

  test('a chunk that is reported twice, by an earlier execution too, waits once', () => {
    expect(pendingOf(after(started, '1-0', '1-0'))).toEqual(['1-0']);
  });

  test('a chunk whose requests a round contains already does not wait', () => {
    const rounds = applyPlan(NO_ROUNDS, [FIRST, plan(2, 1, '1-0')], CLOCK);
    const state = collected('1-0', { retry: 5, retryAfterAccount: 3 });
    expect(applyCollected(rounds, state, CLOCK)).toEqual({ rounds, pause: null });
  });

  test('the round starts a delay after the first failure, which doubles with each round', () => {
    const one = after(started, '1-0');
    const later = { ...CLOCK, nowMs: NOW_MS + 30_000 };
    const two = applyCollected(one, collected('1-1'), later).rounds;
    expect(two.nextRoundAtMs).toBe(NOW_MS + 60_000);
    expect(after(started, '3-0').nextRoundAtMs).toBe(NOW_MS + 240_000);
  });
});

describe('applyPlan', () => {
  test('chunks that reported before the plan was known wait only where no round contains them', () => {
    const early = after(NO_ROUNDS, '1-0', '1-1');
    const rounds = applyPlan(early, [FIRST, plan(2, 1, '1-1')], { ...CLOCK, firstDelayMs: 5_000 });
    expect(pendingOf(rounds)).toEqual(['1-0']);
    // By the delay of the job's own options, which only its plan tells.
    expect(rounds.nextRoundAtMs).toBe(NOW_MS + 5_000);
  });

  test('where rounds contain all of them, no round is due', () => {
    const rounds = applyPlan(after(NO_ROUNDS, '1-0'), [FIRST, plan(2, 1, '1-0')], CLOCK);
    expect(rounds).toMatchObject({ pending: [], nextRoundAtMs: null });
  });
});

describe('openRound', () => {
  test('takes everything that is pending into one round with the next number', () => {
    const { rounds, opened } = openRound(after(started, '1-0', '1-1'));
    expect(opened).toEqual({
      round: 2,
      chunks: 0,
      requests: 0,
      sources: [name('1-0'), name('1-1')],
    });
    expect(rounds).toEqual({ plans: [FIRST, opened], pending: [], nextRoundAtMs: null });
  });

  test('a chunk in it that reports again does not wait again', () => {
    const { rounds } = openRound(after(started, '1-0'));
    expect(pendingOf(after(rounds, '1-0'))).toEqual([]);
  });
});

describe('applyRoundPlan', () => {
  test('a round as it was opened: nothing waits', () => {
    const { rounds } = openRound(after(started, '1-0'));
    const planned = applyRoundPlan(rounds, plan(2, 1, '1-0'), CLOCK);
    expect(planned).toEqual({
      plans: [FIRST, plan(2, 1, '1-0')],
      pending: [],
      nextRoundAtMs: null,
    });
  });

  test('an earlier execution planned it without a chunk: that one waits again', () => {
    const { rounds } = openRound(after(started, '1-0', '1-1'));
    const planned = applyRoundPlan(rounds, plan(2, 1, '1-1'), CLOCK);
    expect(pendingOf(planned)).toEqual(['1-0']);
    expect(planned.nextRoundAtMs).toBe(NOW_MS + 60_000);
  });

  test('an earlier execution planned it with a chunk that waits here: that one waits no more', () => {
    const { rounds } = openRound(after(started, '1-0'));
    const planned = applyRoundPlan(after(rounds, '1-1'), plan(2, 1, '1-0', '1-1'), CLOCK);
    expect(planned).toMatchObject({ pending: [], nextRoundAtMs: null });
  });

  test('a chunk that the plan does not concern keeps waiting, with its time', () => {
    const { rounds } = openRound(after(started, '1-0'));
    const waiting = after(rounds, '1-1');
    const planned = applyRoundPlan(waiting, plan(2, 1, '1-0'), { ...CLOCK, nowMs: NOW_MS + 9 });
    expect(pendingOf(planned)).toEqual(['1-1']);
    expect(planned.nextRoundAtMs).toBe(waiting.nextRoundAtMs);
  });

  test('a round that was never opened here is ignored: any client can send the Signal', () => {
    expect(applyRoundPlan(started, plan(7, 1, '1-0'), CLOCK)).toBe(started);
  });
});

describe('nextRoundInMs', () => {
  const due = after(started, '1-0');

  test.each<[string, Rounds, number, number | null]>([
    ['nothing is pending', started, NOW_MS, null],
    ['before its time', due, NOW_MS + 20_000, 40_000],
    ['at its time', due, NOW_MS + 60_000, 0],
    ['after its time', due, NOW_MS + 90_000, 0],
    [
      'while another round is not planned yet',
      after(openRound(due).rounds, '1-1'),
      NOW_MS + 60_000,
      null,
    ],
  ])('%s', (_, rounds, nowMs, expected) => {
    expect(nextRoundInMs(rounds, nowMs)).toBe(expected);
  });
});
