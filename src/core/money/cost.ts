/**
 * What a batch's results cost, in whole numbers: floating point would drift over a hundred thousand additions.
 *
 * @module
 */
import type { Report, ReportUsage } from '../../contract/public';
import {
  BATCH_PERCENT,
  GEO_US_PERCENT,
  WEB_SEARCH_PER_1000_USD,
  findPrices,
  type ModelPrices,
  type TokenPrices,
} from './prices';

/** A dollar per million tokens is a million pico-dollars per token. */
const PICO_PER_TOKEN = 1e6;
const PICO_PER_USD = 10n ** 12n;
const PICO_PER_NANO = 1000n;
const NANO_DIGITS = 9;

/**
 * Prices one succeeded result at batch prices.
 *
 * @param model - `message.model` of the result: an alias or a dated id.
 * @param geo - `usage.inference_geo` of the result, as it came.
 * @returns Pico-dollars, exact; null when the model's price is not known.
 */
export function costPicoUsd(model: unknown, usage: ReportUsage, geo: unknown): bigint | null {
  const prices = typeof model === 'string' ? findPrices(model) : null;
  if (prices === null) return null;
  const tokens = tokensPicoUsd(pricesFor(prices, usage), usage);
  const percent = BigInt(geo === 'us' ? GEO_US_PERCENT : 100);
  // Every price is a multiple of 10,000 pico-dollars: nothing is lost by the division.
  const discounted = (tokens * BigInt(BATCH_PERCENT) * percent) / 10_000n;
  return discounted + searchesPicoUsd(usage.server_tool_use.web_search_requests);
}

/** Rounds to billionths of a dollar, half up. */
export function toNanoUsd(picoUsd: bigint): bigint {
  return (picoUsd + PICO_PER_NANO / 2n) / PICO_PER_NANO;
}

/**
 * Tells how much more the same answers would have cost in real time.
 *
 * Every token price is discounted by the same percentage; web searches are not discounted, so they save nothing.
 *
 * @returns Nano-dollars; null when the cost is not known.
 */
export function savedNanoUsd({
  cost_usd: cost,
  usage,
}: Pick<Report, 'cost_usd' | 'usage'>): bigint | null {
  if (cost === null) return null;
  const searches = searchesPicoUsd(usage.server_tool_use.web_search_requests);
  const tokens = parseNanoUsd(cost) - toNanoUsd(searches);
  return (tokens * BigInt(100 - BATCH_PERCENT)) / BigInt(BATCH_PERCENT);
}

/** Reads what `formatNanoUsd` wrote. */
function parseNanoUsd(usd: string): bigint {
  const [dollars = '0', fraction = ''] = usd.split('.');
  return BigInt(`${dollars}${fraction.padEnd(NANO_DIGITS, '0')}`);
}

/**
 * Writes nano-dollars as a decimal string of dollars, with two to nine digits after the point: `0.25`, `0.000008`.
 *
 * @param nanoUsd - Not negative.
 */
export function formatNanoUsd(nanoUsd: bigint): string {
  const digits = nanoUsd.toString().padStart(NANO_DIGITS + 1, '0');
  const fraction = digits.slice(-NANO_DIGITS).replace(/0{1,7}$/, '');
  return `${digits.slice(0, -NANO_DIGITS)}.${fraction}`;
}

function pricesFor(prices: ModelPrices, usage: ReportUsage): TokenPrices {
  const prompt =
    usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens;
  const { above } = prices;
  return above !== undefined && prompt > above.promptTokens ? above.prices : prices;
}

/** `input_tokens` counts neither cache reads nor cache writes. */
function tokensPicoUsd(prices: TokenPrices, usage: ReportUsage): bigint {
  return (
    times(usage.input_tokens, prices.input) +
    times(usage.output_tokens, prices.output) +
    times(usage.cache_creation.ephemeral_5m_input_tokens, prices.cacheWrite5m) +
    times(usage.cache_creation.ephemeral_1h_input_tokens, prices.cacheWrite1h) +
    times(usage.cache_read_input_tokens, prices.cacheRead)
  );
}

function times(tokens: number, usdPerMillion: number): bigint {
  return tokens === 0 ? 0n : BigInt(tokens) * BigInt(Math.round(usdPerMillion * PICO_PER_TOKEN));
}

function searchesPicoUsd(searches: number): bigint {
  return (BigInt(searches) * BigInt(WEB_SEARCH_PER_1000_USD) * PICO_PER_USD) / 1000n;
}
