import type { BatchCheck } from '../../../src/contract/activities';
import { EXPIRY_GRACE_MS } from '../../../src/contract/limits';
import {
  applyAnswer,
  delayBeforeCheckMs,
  nextStep,
  startWatch,
  type Answer,
  type Watch,
} from '../../../src/core/wait/next-step';

const CREATED_MS = Date.parse('2026-01-01T00:00:00.000Z');
const NOW_MS = CREATED_MS + 60_000;
const LIMITS = { expiresAtMs: CREATED_MS + 86_400_000, missingMsMax: 120_000 };
const LONG_OVERDUE_MS = LIMITS.expiresAtMs + EXPIRY_GRACE_MS + 1;
const START = startWatch(CREATED_MS);
const NOT_FOUND: Answer = { kind: 'notFound' };
const NO_ANSWER: Answer = { kind: 'noAnswer' };

function batch(status: BatchCheck['status']): Answer {
  return {
    kind: 'batch',
    check: {
      status,
      createdAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-01-02T00:00:00.000Z',
      endedAt: null,
      archivedAt: null,
      counts: { processing: 1, succeeded: 0, errored: 0, expired: 0, canceled: 0 },
    },
  };
}

describe('nextStep', () => {
  interface Row {
    readonly name: string;
    readonly watch?: Partial<Watch>;
    readonly answer: Answer;
    readonly cancels?: boolean;
    readonly nowMs?: number;
    readonly step: ReturnType<typeof nextStep>['step'];
  }

  test.each<Row>([
    { name: 'a running batch is waited for', answer: batch('in_progress'), step: 'running' },
    { name: 'so is one that is canceling', answer: batch('canceling'), step: 'running' },
    { name: 'an ended one is done', answer: batch('ended'), step: 'ended' },
    {
      name: 'also when the call that cancels finds it ended',
      answer: batch('ended'),
      cancels: true,
      step: 'ended',
    },
    {
      name: 'an ended one is done, however late',
      answer: batch('ended'),
      nowMs: LONG_OVERDUE_MS,
      step: 'ended',
    },
    {
      name: 'one that is running just before the end of the grace time is waited for',
      answer: batch('in_progress'),
      nowMs: LONG_OVERDUE_MS - 1,
      step: 'running',
    },
    {
      name: 'one that is running long after its expiry is overdue',
      answer: batch('in_progress'),
      nowMs: LONG_OVERDUE_MS,
      step: 'overdue',
    },
    { name: 'a missing one is checked again', answer: NOT_FOUND, step: 'checkAgain' },
    {
      name: 'a missing one that is to be canceled is asked for again soon',
      answer: NOT_FOUND,
      cancels: true,
      step: 'retryCancel',
    },
    {
      name: 'one that is missing for exactly the limit is checked again',
      watch: { missingSinceMs: NOW_MS - LIMITS.missingMsMax },
      answer: NOT_FOUND,
      step: 'checkAgain',
    },
    {
      name: 'one that is missing for longer pauses the job',
      watch: { missingSinceMs: NOW_MS - LIMITS.missingMsMax - 1 },
      answer: NOT_FOUND,
      step: 'missingTooLong',
    },
    {
      name: 'also when it is to be canceled',
      watch: { missingSinceMs: NOW_MS - LIMITS.missingMsMax - 1 },
      answer: NOT_FOUND,
      cancels: true,
      step: 'missingTooLong',
    },
    { name: 'no answer says nothing', answer: NO_ANSWER, step: 'checkAgain' },
    { name: 'nor does it to a cancellation', answer: NO_ANSWER, cancels: true, step: 'checkAgain' },
  ])('$name', ({ watch = {}, answer, cancels = false, nowMs = NOW_MS, step }) => {
    const after = applyAnswer({ ...START, ...watch }, answer, cancels, nowMs);
    expect(nextStep(after, answer, cancels, nowMs, LIMITS).step).toBe(step);
  });
});

describe('applyAnswer', () => {
  test('a cancellation that was answered is not sent again, and makes the batch young again', () => {
    expect(applyAnswer(START, batch('canceling'), true, NOW_MS)).toEqual({
      youngSinceMs: NOW_MS,
      canceledByUs: true,
      missingSinceMs: null,
      failures: 0,
    });
  });

  test.each([NOT_FOUND, NO_ANSWER])('a cancellation that got $kind is sent again', (answer) => {
    const { canceledByUs, youngSinceMs } = applyAnswer(START, answer, true, NOW_MS);
    expect({ canceledByUs, youngSinceMs }).toEqual({
      canceledByUs: false,
      youngSinceMs: CREATED_MS,
    });
  });

  test('a batch is missing since the first of several answers that say so', () => {
    const once = applyAnswer(START, NOT_FOUND, false, NOW_MS);
    const twice = applyAnswer(once, NOT_FOUND, false, NOW_MS + 5_000);
    expect(twice.missingSinceMs).toBe(NOW_MS);
    expect(applyAnswer(twice, batch('in_progress'), false, NOW_MS + 6_000).missingSinceMs).toBe(
      null
    );
    // Between two such answers something else may have been wrong: only an unbroken row counts.
    expect(applyAnswer(twice, NO_ANSWER, false, NOW_MS + 6_000).missingSinceMs).toBe(null);
  });

  test('failures are counted until the batch answers', () => {
    const once = applyAnswer(START, NO_ANSWER, false, NOW_MS);
    const twice = applyAnswer(once, NO_ANSWER, false, NOW_MS);
    expect(twice.failures).toBe(2);
    expect(applyAnswer(twice, batch('in_progress'), false, NOW_MS).failures).toBe(0);
  });
});

describe('delayBeforeCheckMs', () => {
  const schedule = { checkMinMs: 30_000, checkMaxMs: 900_000 };

  test.each([
    ['the first check of a young batch', 1, 10_000, 30_000],
    ['the first check of a batch that an earlier execution submitted', 1, 30_001, 0],
    ['a later check of an older one', 2, 100_000, 50_000],
    ['a check of one that is old', 9, 86_400_000, 900_000],
    ['a check by a clock behind that of the API', 1, -5_000, 30_000],
  ])('%s', (_, number, ageMs, delayMs) => {
    expect(delayBeforeCheckMs(number, ageMs, schedule)).toBe(delayMs);
  });
});
