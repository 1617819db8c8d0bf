import { costPicoUsd, formatNanoUsd, savedNanoUsd, toNanoUsd } from '../../../src/core/money/cost';
import { MODEL_PRICES, findPrices } from '../../../src/core/money/prices';
import { parseUsage } from '../../../src/core/collect/usage';

function usd(model: unknown, usage: object, geo?: unknown): string | null {
  const pico = costPicoUsd(model, parseUsage(usage), geo);
  return pico === null ? null : formatNanoUsd(toNanoUsd(pico));
}

describe('costPicoUsd', () => {
  test.each([
    { name: 'input and output', usage: { input_tokens: 1e6, output_tokens: 1e6 }, cost: '12.00' },
    { name: 'a cache read', usage: { cache_read_input_tokens: 1e6 }, cost: '0.10' },
    {
      name: 'a five-minute cache write',
      usage: { cache_creation_input_tokens: 1e6 },
      cost: '2.50',
    },
    {
      name: 'an hour-long cache write',
      usage: {
        cache_creation_input_tokens: 1e6,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 1e6 },
      },
      cost: '4.00',
    },
    {
      name: 'web searches, at no discount',
      usage: { server_tool_use: { web_search_requests: 3 } },
      cost: '0.03',
    },
    { name: 'one token', usage: { input_tokens: 1 }, cost: '0.000002' },
  ])('$name at half the price', ({ usage, cost }) => {
    expect(usd('claude-opus-5-5', usage)).toBe(cost);
  });

  test('a dated id has the price of its alias', () => {
    expect(usd('claude-haiku-4-5-20251001', { input_tokens: 1e6 })).toBe('0.50');
    expect(findPrices('claude-haiku-4-5-2025')).toBeNull();
  });

  test('data residency in the US costs a tenth more', () => {
    expect(usd('claude-opus-5-5', { input_tokens: 1e6 }, 'us')).toBe('2.20');
    expect(usd('claude-opus-5-5', { input_tokens: 1e6 }, 'not_available')).toBe('2.00');
  });

  test('a long prompt of Haiku 5.5 has another price for all its tokens', () => {
    const short = { input_tokens: 50_000, cache_read_input_tokens: 50_000, output_tokens: 1000 };
    expect(usd('claude-haiku-5-5', short)).toBe('0.003');
    const long = { ...short, input_tokens: 50_001 };
    expect(usd('claude-haiku-5-5', long)).toBe('0.01500025');
  });

  test.each(['claude-unknown-9', 'constructor', undefined, 7])('%p has no known price', (model) => {
    expect(usd(model, { input_tokens: 1 })).toBeNull();
  });

  test('adding up a hundred thousand small costs loses nothing', () => {
    let sum = 0n;
    const usage = parseUsage({ input_tokens: 1, cache_read_input_tokens: 1 });
    for (let n = 0; n < 100_000; n++) sum += costPicoUsd('claude-haiku-5-5', usage, 'us') ?? 0n;
    // (0.10 + 0.01) / 2 * 1.1 dollars per million.
    expect(formatNanoUsd(toNanoUsd(sum))).toBe('0.00605');
  });

  test('every price is a multiple of a cent per million: no division leaves a rest', () => {
    const rows = Object.values(MODEL_PRICES).flatMap(({ above, ...row }) => [
      row,
      above?.prices ?? {},
    ]);
    const prices = rows.flatMap((row) => Object.values<number>({ ...row }));
    for (const price of prices) expect((Math.round(price * 1e6) * 5500) % 10_000).toBe(0);
  });
});

describe('savedNanoUsd', () => {
  const saved = (cost_usd: string | null, usage: object): bigint | null =>
    savedNanoUsd({ cost_usd, usage: parseUsage(usage) });

  test.each([
    { name: 'tokens save what they cost', cost: '12.00', usage: {}, nano: 12_000_000_000n },
    {
      name: 'web searches save nothing',
      cost: '0.53',
      usage: { server_tool_use: { web_search_requests: 3 } },
      nano: 500_000_000n,
    },
    { name: 'a billionth of a dollar counts', cost: '0.000000001', usage: {}, nano: 1n },
    { name: 'an unknown cost saves an unknown amount', cost: null, usage: {}, nano: null },
  ])('$name', ({ cost, usage, nano }) => {
    expect(saved(cost, usage)).toBe(nano);
  });
});

describe('formatNanoUsd', () => {
  test.each([
    { nano: 0n, text: '0.00' },
    { nano: 1n, text: '0.000000001' },
    { nano: 250_000_000n, text: '0.25' },
    { nano: 1_500_000_000n, text: '1.50' },
    { nano: 12_345_678_901_000n, text: '12345.678901' },
  ])('$nano is $text', ({ nano, text }) => {
    expect(formatNanoUsd(nano)).toBe(text);
  });
});
