import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from './limits';

export interface PageQuery {
  readonly limit: number;
  readonly afterId: string | null;
  readonly beforeId: string | null;
}

/** A page in the API's spelling. */
export interface Page<T> extends Record<string, unknown> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly first_id: string | null;
  readonly last_id: string | null;
}

/**
 * Reads `limit`, `after_id` and `before_id`.
 *
 * @returns the message of a 400 where they make no sense. Assumed: its texts.
 */
export function parsePageQuery(query: URLSearchParams): PageQuery | string {
  const limitText = query.get('limit');
  const limit = limitText === null ? PAGE_LIMIT_DEFAULT : Number(limitText);
  if (!Number.isInteger(limit) || limitText === '')
    return 'limit: Input should be a valid integer, unable to parse string as an integer';
  if (limit < 1) return 'limit: Input should be greater than or equal to 1';
  if (limit > PAGE_LIMIT_MAX)
    return `limit: Input should be less than or equal to ${PAGE_LIMIT_MAX}`;
  const afterId = query.get('after_id');
  const beforeId = query.get('before_id');
  if (afterId !== null && beforeId !== null)
    return 'Only one of `before_id` and `after_id` can be provided';
  return { limit, afterId, beforeId };
}

/**
 * Cuts one page out of a list.
 *
 * `after_id` goes on towards the older ones, `before_id` back towards the newer ones; either way the page is
 * newest first, and `has_more` says whether more lies in the direction asked.
 *
 * @param all - everything, the newest first.
 * @returns undefined where the cursor is not in the list.
 */
export function cutPage<T>(
  all: readonly T[],
  idOf: (each: T) => string,
  { limit, afterId, beforeId }: PageQuery
): Page<T> | undefined {
  const cursor = afterId ?? beforeId;
  const at = cursor === null ? -1 : all.findIndex((each) => idOf(each) === cursor);
  if (cursor !== null && at < 0) return undefined;
  const start = beforeId === null ? at + 1 : Math.max(0, at - limit);
  const end = beforeId === null ? start + limit : at;
  const data = all.slice(start, end);
  const first = data[0];
  const last = data.at(-1);
  return {
    data,
    has_more: beforeId === null ? end < all.length : start > 0,
    first_id: first === undefined ? null : idOf(first),
    last_id: last === undefined ? null : idOf(last),
  };
}
