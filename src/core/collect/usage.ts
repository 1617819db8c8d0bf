/**
 * The API's `usage`, read loosely: versions of the API add fields, leave some out and set others to null.
 *
 * @module
 */
import type { ReportUsage } from '../../contract/public';

/** A sum in the making; a {@link ReportUsage} whose fields grow. */
export interface UsageSum extends ReportUsage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: {
    ephemeral_5m_input_tokens: number;
    ephemeral_1h_input_tokens: number;
  };
  server_tool_use: { web_search_requests: number; web_fetch_requests: number };
}

export function emptyUsage(): UsageSum {
  return {
    input_tokens: 0,
    output_tokens: 0,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
  };
}

/**
 * Reads one `usage` object of the API.
 *
 * A cache write without its breakdown counts as a five-minute one, which is the API's default.
 *
 * @param usage - As it came; everything that is no count becomes 0.
 */
export function parseUsage(usage: unknown): ReportUsage {
  const given = toObject(usage);
  const creation = toObject(given['cache_creation']);
  const tools = toObject(given['server_tool_use']);
  const written = toCount(given['cache_creation_input_tokens']);
  const hourly = toCount(creation['ephemeral_1h_input_tokens']);
  const broken = 'ephemeral_5m_input_tokens' in creation || hourly > 0;
  return {
    input_tokens: toCount(given['input_tokens']),
    output_tokens: toCount(given['output_tokens']),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: toCount(given['cache_read_input_tokens']),
    cache_creation: {
      ephemeral_5m_input_tokens: broken ? toCount(creation['ephemeral_5m_input_tokens']) : written,
      ephemeral_1h_input_tokens: hourly,
    },
    server_tool_use: {
      web_search_requests: toCount(tools['web_search_requests']),
      web_fetch_requests: toCount(tools['web_fetch_requests']),
    },
  };
}

/** Adds one usage to a sum, in place: a chunk has a hundred thousand of them. */
export function addUsage(sum: UsageSum, usage: ReportUsage): void {
  sum.input_tokens += usage.input_tokens;
  sum.output_tokens += usage.output_tokens;
  sum.cache_creation_input_tokens += usage.cache_creation_input_tokens;
  sum.cache_read_input_tokens += usage.cache_read_input_tokens;
  sum.cache_creation.ephemeral_5m_input_tokens += usage.cache_creation.ephemeral_5m_input_tokens;
  sum.cache_creation.ephemeral_1h_input_tokens += usage.cache_creation.ephemeral_1h_input_tokens;
  sum.server_tool_use.web_search_requests += usage.server_tool_use.web_search_requests;
  sum.server_tool_use.web_fetch_requests += usage.server_tool_use.web_fetch_requests;
}

function toObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function toCount(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
