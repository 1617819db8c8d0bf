import type { ListFlaw } from '../../../src/core/reconcile/new-batches';
import {
  decideReconcile,
  emptyListLeftMs,
  type Candidate,
  type ReconcileDecision,
} from '../../../src/core/reconcile/reconcile';

let created = 0;

function candidate(batchId: string, more: Partial<Candidate> = {}): Candidate {
  created += 1;
  const createdAtMs = created;
  return {
    batchId,
    createdAtMs,
    ended: false,
    proof: 'unproven',
    lost: false,
    late: false,
    ...more,
  };
}

const ours = candidate('ours', { proof: 'ours', ended: true });
const second = candidate('second', { proof: 'ours', ended: true });
const foreign = candidate('foreign', { proof: 'foreign', ended: true });
const running = candidate('running');
const lost = candidate('lost', { lost: true });
const lateRunning = candidate('late', { late: true });
const lateLost = candidate('late', { late: true, lost: true });
const lateOurs = candidate('lateOurs', { late: true, proof: 'ours' });

describe('decideReconcile', () => {
  test.each<{
    name: string;
    candidates: Candidate[];
    flaw?: ListFlaw;
    listed?: boolean;
    leftMs?: number;
    expected: ReconcileDecision;
  }>([
    {
      name: 'a proof is enough, whatever the list is like',
      candidates: [running, lost, ours],
      flaw: 'unordered',
      expected: { decision: 'adopt', first: ours, duplicates: [] },
    },
    {
      name: 'the earliest of two',
      candidates: [second, ours],
      expected: { decision: 'adopt', first: ours, duplicates: [second] },
    },
    {
      name: 'a late one that is proven',
      candidates: [lateOurs],
      listed: true,
      expected: { decision: 'adopt', first: lateOurs, duplicates: [] },
    },
    {
      name: 'one that cannot be read any more',
      candidates: [running, lost],
      expected: { decision: 'ask', batchIds: ['lost'], flaw: null },
    },
    {
      name: 'a list that proves nothing',
      candidates: [running],
      flaw: 'incomplete',
      leftMs: 1000,
      expected: { decision: 'ask', batchIds: [], flaw: 'incomplete' },
    },
    {
      name: 'a list that proves nothing, after one that did',
      candidates: [running],
      flaw: 'incomplete',
      listed: true,
      expected: { decision: 'wait', delayMs: null, batchIds: ['running'] },
    },
    {
      name: 'a candidate that still runs, after any wait',
      candidates: [foreign, running],
      leftMs: -1,
      expected: { decision: 'wait', delayMs: null, batchIds: ['running'] },
    },
    {
      name: 'an empty list that must stay empty',
      candidates: [foreign],
      leftMs: 1,
      expected: { decision: 'wait', delayMs: 1, batchIds: [] },
    },
    { name: 'an empty list that stayed empty', candidates: [], expected: { decision: 'absent' } },
    {
      name: 'only batches that were listed after the wait',
      candidates: [foreign, lateRunning, lateLost],
      listed: true,
      expected: { decision: 'absent' },
    },
    {
      name: 'a new execution, after a list that was recorded',
      candidates: [foreign],
      listed: true,
      leftMs: 1000,
      expected: { decision: 'absent' },
    },
  ])('$name', ({ candidates, flaw = null, listed = false, leftMs = 0, expected }) => {
    expect(decideReconcile({ candidates, flaw, listed, leftMs })).toEqual(expected);
  });
});

test('the wait counts from the last socket that closes', () => {
  const posts = [{ closedAfterMs: 0 }, { closedAfterMs: 30_000 }];
  expect(emptyListLeftMs(posts, 0, 120_000)).toBe(150_000);
  expect(emptyListLeftMs(posts, 150_000, 120_000)).toBe(0);
});
