import { sha256 } from '../../api-shapes/ids';
import type { BatchItem } from './batch';

/** Which prefixes a workspace's prompt cache holds: until when, epoch milliseconds. */
export type PromptCache = Map<string, number>;

const TTL_MS = { '5m': 5 * 60_000, '1h': 3_600_000 };

/**
 * Says whether a request finds its prefix in the cache, and keeps the prefix there.
 *
 * The first request writes; a later one reads, as often as the hit rate says, and otherwise writes again.
 * Which ones miss depends on their key and attempt alone.
 *
 * Assumed: an entry lives for its TTL from the planned end of its last use.
 *
 * @param hitRate - 0 to 1; the API reports 0.3 to 0.98.
 * @param createdAtMs - when the request's batch was accepted.
 */
export function useCache(
  cache: PromptCache,
  item: BatchItem,
  createdAtMs: number,
  hitRate: number
): boolean {
  if (item.prefix === null || item.result.type !== 'succeeded') return false;
  const { hash, ttl } = item.prefix;
  const heldUntilMs = cache.get(hash) ?? -Infinity;
  const usedUntilMs = createdAtMs + item.finishAfterMs + TTL_MS[ttl];
  cache.set(hash, Math.max(heldUntilMs, usedUntilMs));
  return heldUntilMs >= createdAtMs && shareOf(item.key, item.attempt) < hitRate;
}

// A number from 0 to 1 that looks random and is always the same for the same request.
function shareOf(key: string, attempt: number): number {
  return Number.parseInt(sha256(`${key} ${attempt}`).slice(0, 8), 16) / 0x1_0000_0000;
}
