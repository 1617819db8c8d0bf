import {
  backoffMs,
  isOverdue,
  isUrgent,
  nextCheckAtMs,
  nextCheckDelayMs,
  retryDelayMs,
} from '../../../src/core/wait/check-schedule';
import { OPTIONS_DEFAULT } from '../../../src/contract/options';

const HOUR_MS = 3_600_000;

/** Ages at which a Workflow that only waits would check. */
function looks(untilMs: number, schedule: Parameters<typeof nextCheckDelayMs>[1]): number[] {
  const ages: number[] = [];
  for (let ageMs = 0; ageMs < untilMs;) {
    ageMs += nextCheckDelayMs(ageMs, schedule);
    ages.push(ageMs);
  }
  return ages;
}

describe('nextCheckDelayMs', () => {
  test('the defaults check 104 times in 24 hours, at first after 30 seconds, later every 15 minutes', () => {
    const ages = looks(24 * HOUR_MS, OPTIONS_DEFAULT).filter((ageMs) => ageMs <= 24 * HOUR_MS);
    expect(ages).toHaveLength(104);
    expect(ages[0]).toBe(30_000);
    expect((ages.at(-1) ?? 0) - (ages.at(-2) ?? 0)).toBe(15 * 60_000);
  });

  test.each([
    { name: 'no age', ageMs: 0, delayMs: 1_000 },
    { name: 'a small age', ageMs: 1_999, delayMs: 1_000 },
    { name: 'half of the age', ageMs: 5_001, delayMs: 2_501 },
    { name: 'a great age', ageMs: 1e12, delayMs: 60_000 },
    { name: 'a clock that lies behind', ageMs: -5_000, delayMs: 1_000 },
  ])('$name', ({ ageMs, delayMs }) => {
    expect(nextCheckDelayMs(ageMs, { checkMinMs: 1_000, checkMaxMs: 60_000 })).toBe(delayMs);
  });
});

describe('nextCheckAtMs', () => {
  test('is always ahead, and one of the times at which a Workflow looks', () => {
    const schedule = { checkMinMs: 1_000, checkMaxMs: 20_000 };
    const ages = looks(HOUR_MS, schedule);
    for (let nowMs = 0; nowMs < 100_000; nowMs += 777) {
      const atMs = nextCheckAtMs(0, nowMs, schedule);
      expect(atMs).toBeGreaterThan(nowMs);
      expect(ages).toContain(atMs);
    }
  });

  test('of a job that slept for a year is found at once', () => {
    const nowMs = 365 * 24 * HOUR_MS;
    const atMs = nextCheckAtMs(0, nowMs, { checkMinMs: 50, checkMaxMs: 50 });
    expect(atMs - nowMs).toBeGreaterThan(0);
    expect(atMs - nowMs).toBeLessThanOrEqual(50);
  });
});

test('isOverdue leaves two hours of grace', () => {
  expect(isOverdue(0, 2 * HOUR_MS)).toBe(false);
  expect(isOverdue(0, 2 * HOUR_MS + 1)).toBe(true);
});

test('isUrgent in the last three of 29 days', () => {
  const dayMs = 24 * HOUR_MS;
  expect(isUrgent(0, 26 * dayMs)).toBe(false);
  expect(isUrgent(0, 26 * dayMs + 1)).toBe(true);
  expect(isUrgent(0, 40 * dayMs)).toBe(true);
});

test('retryDelayMs doubles by round and stops growing', () => {
  expect([1, 2, 3, 4].map((round) => retryDelayMs(round, 60_000))).toEqual([
    60_000, 120_000, 240_000, 480_000,
  ]);
  expect(retryDelayMs(1_000, 60_000)).toBe(60_000 * 1_024);
});

test('backoffMs grows from 2 seconds to 5 minutes', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map(backoffMs)).toEqual([
    2_000, 6_000, 18_000, 54_000, 162_000, 300_000, 300_000,
  ]);
});
