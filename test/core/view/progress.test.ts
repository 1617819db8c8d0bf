import type { Collected } from '../../../src/contract/activities';
import type { ChunkState } from '../../../src/contract/children';
import { chunkDetails, jobDetails } from '../../../src/core/view/details';
import { toProgress, type JobView } from '../../../src/core/view/progress';

const NONE = { succeeded: 0, errored: 0, expired: 0, canceled: 0, missing: 0 };
const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

function chunk(more: Partial<ChunkState> = {}): ChunkState {
  return {
    round: 1,
    chunk: 0,
    phase: 'processing',
    requests: 10,
    batchId: 'msgbatch_1',
    submittedAt: '2026-01-01T00:00:00.000Z',
    endedAt: null,
    pause: null,
    note: null,
    collected: null,
    ...more,
  };
}

function collected(more: Partial<Collected>): Collected {
  return {
    batchId: 'msgbatch_1',
    requests: 10,
    counts: NONE,
    final: NONE,
    retry: 0,
    retryAfterAccount: 0,
    stopped: 0,
    ...more,
  };
}

function view(more: Partial<JobView> = {}): JobView {
  return {
    jobId: 'job',
    phase: 'running',
    ended: null,
    pause: null,
    requests: 10,
    chunks: [chunk()],
    ignoredAnswers: new Map(),
    rounds: 1,
    nextRoundAtMs: null,
    startedAtMs: START_MS,
    schedule: { checkMinMs: 30_000, checkMaxMs: 900_000 },
    ...more,
  };
}

describe('toProgress', () => {
  test('a request that will be tried again is still processing', () => {
    const counts = { ...NONE, succeeded: 7, errored: 3 };
    const ended = chunk({
      phase: 'ended',
      collected: collected({ counts, final: { ...NONE, succeeded: 7, errored: 1 }, retry: 2 }),
    });
    const progress = toProgress(view({ chunks: [ended], nextRoundAtMs: START_MS }), START_MS, null);
    expect(progress).toMatchObject({
      status: 'running',
      succeeded: 7,
      errored: 1,
      processing: 2,
      next_check_at: null,
      next_round_at: '2026-01-01T00:00:00.000Z',
      batches: [{ id: 'msgbatch_1', phase: 'ended', succeeded: 7, errored: 3 }],
    });
  });

  test('the next check is the earliest of the batches that run', () => {
    const chunks = [
      chunk({ submittedAt: '2026-01-01T00:00:10.000Z' }),
      chunk({ chunk: 1 }),
      chunk({ chunk: 2, phase: 'waiting', submittedAt: null }),
    ];
    expect(toProgress(view({ chunks }), START_MS, null).next_check_at).toBe(
      '2026-01-01T00:00:30.000Z'
    );
  });

  test("the job's pause is named before a chunk's; an ended job is not paused", () => {
    const pause = { kind: 'batch', reason: 'gone' } as const;
    const chunks = [chunk(), chunk({ chunk: 1, pause })];
    expect(toProgress(view({ chunks }), START_MS, null)).toMatchObject({
      status: 'paused',
      paused_reason: 'gone',
      paused_kind: 'batch',
    });
    const own = { kind: 'person', reason: 'lunch' } as const;
    expect(toProgress(view({ chunks, pause: own }), START_MS, null).paused_reason).toBe('lunch');
    expect(toProgress(view({ chunks, ended: 'failed' }), START_MS, null)).toMatchObject({
      status: 'failed',
      paused_reason: null,
      paused_kind: null,
    });
  });

  test("the report's verdicts count once there is one", () => {
    const final = { ...NONE, succeeded: 6, canceled: 4 };
    expect(toProgress(view({ ended: 'canceled' }), START_MS, final)).toMatchObject({
      succeeded: 6,
      canceled: 4,
      processing: 0,
    });
  });
});

describe('jobDetails', () => {
  test('names the phase and the counts, with a row for each batch', () => {
    const pause = { kind: 'worker', reason: 'another store' } as const;
    const text = jobDetails(toProgress(view({ pause }), START_MS, null));
    expect(text).toContain('**paused**, running: 0 of 10 requests finished.');
    expect(text).toContain('Paused: another store');
    expect(text).toContain('| 1-0 | processing | 0 of 10 | 0 | msgbatch_1 |');
  });

  test('stays short when there are many batches', () => {
    const chunks = Array.from({ length: 500 }, (_, index) => chunk({ chunk: index }));
    const text = jobDetails(toProgress(view({ chunks }), START_MS, null));
    expect(text.split('\n').length).toBeLessThan(45);
    expect(text).toContain('The 470 before these are in the Query');
    expect(text).toContain('| 1-499 |');
  });
});

test('chunkDetails says what came of a chunk', () => {
  const counts = { ...NONE, succeeded: 9, expired: 1 };
  const text = chunkDetails(chunk({ phase: 'ended', collected: collected({ counts, retry: 1 }) }));
  expect(text).toContain('9 succeeded, 0 errored, 1 expired');
  expect(text).toContain('For a later round: 1.');
  expect(chunkDetails(chunk({ batchId: null, note: 'looking' }))).toContain('not submitted yet');
});
