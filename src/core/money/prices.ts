/**
 * Standard prices of the models, in US dollars per million tokens.
 *
 * What a batch costs is computed from these in `cost.ts`: half of every token price.
 * Source: https://platform.claude.com/docs/en/about-claude/pricing, read 2026-08-21 for models up to Opus 5, Sonnet 5 and
 * Fable 5; later models from the public price tables of genai-prices 0.2.3 and litellm 1.109.1, read 2026-11-22.
 *
 * @module
 */

/** Date of the table. */
export const PRICES_AS_OF = '2026-11-22';

/** Batch prices are this percentage of the standard ones; it stacks with prompt caching and `inference_geo`. */
export const BATCH_PERCENT = 50;

/** `inference_geo: "us"` costs this percentage on every category of tokens. */
export const GEO_US_PERCENT = 110;

/** US dollars per 1,000 web searches; whether a batch gets a discount on them is not documented: assumed none. */
export const WEB_SEARCH_PER_1000_USD = 10;

/** US dollars per million tokens. */
export interface TokenPrices {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
}

export interface ModelPrices extends TokenPrices {
  /** Holds for all tokens of a request whose prompt, cached parts included, is longer than `promptTokens`. */
  readonly above?: { readonly promptTokens: number; readonly prices: TokenPrices };
}

/** Prices by a model's alias. */
export const MODEL_PRICES: Readonly<Record<string, ModelPrices>> = {
  'claude-fable-5-2': row(8, 40, 10, 16, 0.2),
  'claude-mythos-5-2': row(8, 40, 10, 16, 0.2),
  'claude-fable-5-1': row(10, 50, 12.5, 20, 0.25),
  'claude-mythos-5-1': row(10, 50, 12.5, 20, 0.25),
  'claude-fable-5': row(10, 50, 12.5, 20, 1),
  'claude-mythos-5': row(10, 50, 12.5, 20, 1),
  'claude-opus-5-5': row(4, 20, 5, 8, 0.2),
  'claude-opus-5': row(5, 25, 6.25, 10, 0.5),
  'claude-opus-4-8': row(5, 25, 6.25, 10, 0.5),
  'claude-opus-4-7': row(5, 25, 6.25, 10, 0.5),
  'claude-opus-4-6': row(5, 25, 6.25, 10, 0.5),
  'claude-opus-4-5': row(5, 25, 6.25, 10, 0.5),
  'claude-sonnet-5-5': row(2, 10, 2.5, 4, 0.1),
  'claude-sonnet-5': row(2, 10, 2.5, 4, 0.2),
  'claude-sonnet-4-6': row(3, 15, 3.75, 6, 0.3),
  'claude-sonnet-4-5': row(3, 15, 3.75, 6, 0.3),
  'claude-haiku-5-5': {
    ...row(0.1, 0.5, 0.125, 0.2, 0.01),
    above: { promptTokens: 100_000, prices: row(0.5, 2.5, 0.625, 1, 0.05) },
  },
  'claude-haiku-4-5': row(1, 5, 1.25, 2, 0.1),
};

/**
 * Finds a model's prices by its alias, or by a dated id of it (`claude-haiku-4-5-20251001`).
 *
 * @returns null when the model is not in the table.
 */
export function findPrices(model: string): ModelPrices | null {
  const alias = model.replace(/-\d{8}$/, '');
  return Object.hasOwn(MODEL_PRICES, alias) ? (MODEL_PRICES[alias] ?? null) : null;
}

function row(
  input: number,
  output: number,
  cacheWrite5m: number,
  cacheWrite1h: number,
  cacheRead: number
): TokenPrices {
  return { input, output, cacheWrite5m, cacheWrite1h, cacheRead };
}
