import { API_CLOCK_MARGIN_MS, couldBeFrom } from '../../../src/core/reconcile/reconcile';

describe('couldBeFrom', () => {
  const post = { apiTimeMs: 1_000_000, closedAfterMs: 30_000 };
  const lateMs = 120_000;

  test.each([
    ['long before the POST', post.apiTimeMs - API_CLOCK_MARGIN_MS - 1, false],
    ['just before it, by a clock of its own', post.apiTimeMs - API_CLOCK_MARGIN_MS, true],
    ['while it lasted', post.apiTimeMs + 10_000, true],
    [
      'as long after it as one waits for it',
      post.apiTimeMs + post.closedAfterMs + lateMs + API_CLOCK_MARGIN_MS,
      true,
    ],
    ['later', post.apiTimeMs + post.closedAfterMs + lateMs + API_CLOCK_MARGIN_MS + 1, false],
  ])('a batch made %s', (_, createdAtMs, is) => {
    expect(couldBeFrom(createdAtMs, [post], lateMs)).toBe(is);
    // Of several POSTs one is enough.
    const other = { apiTimeMs: 0, closedAfterMs: 1 };
    expect(couldBeFrom(createdAtMs, [other, post], lateMs)).toBe(is);
  });

  test('however late, where nothing waits for it', () => {
    expect(couldBeFrom(Number.MAX_SAFE_INTEGER, [post], Infinity)).toBe(true);
  });
});
