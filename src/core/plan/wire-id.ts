/**
 * The `custom_id`s that the API is sent: `mb_<job tag>_<round>_<chunk>_<position>`.
 *
 * They fit the API's pattern `^[a-zA-Z0-9_-]{1,64}$` whatever the user's own ids look like, make a batch of unknown
 * origin recognisable from one line of its results, and turn matching into arithmetic. `position` is the request's
 * 0-based place in the whole input, in retry rounds too.
 *
 * Why: docs/decisions/002-own-ids-on-the-wire.md
 *
 * @module
 */
import type { ChunkName } from '../../contract/names';

export interface WireIdScope extends ChunkName {
  /** 20 lower-case hex digits. */
  readonly jobTag: string;
}

export interface WireId extends WireIdScope {
  readonly position: number;
}

/** What the ids of one chunk's requests begin with. */
export function wireIdPrefix({ jobTag, round, chunk }: WireIdScope): string {
  return `mb_${jobTag}_${round}_${chunk}_`;
}

export function toWireId(prefix: string, position: number): string {
  return `${prefix}${position}`;
}

/**
 * Finds the position that an id of a chunk stands for.
 *
 * @returns null when the id is not one that `toWireId` makes with this prefix.
 */
export function toPosition(prefix: string, id: string): number | null {
  return id.startsWith(prefix) ? toCanonicalNumber(id.slice(prefix.length)) : null;
}

/** @returns null when the id is none of ours. */
export function parseWireId(id: string): WireId | null {
  const parts = id.split('_');
  const [mark, jobTag, ...rest] = parts;
  if (parts.length !== 5 || mark !== 'mb' || jobTag === undefined) return null;
  if (!/^[0-9a-f]{20}$/.test(jobTag)) return null;
  const [round, chunk, position] = rest.map(toCanonicalNumber);
  if (round == null || chunk == null || position == null || round < 1) return null;
  return { jobTag, round, chunk, position };
}

/** Only what `String(n)` prints for a whole number: no sign, no leading zero, no exponent. */
function toCanonicalNumber(text: string): number | null {
  if (text.length === 0 || text.length > 15) return null;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return null;
  }
  return text.length > 1 && text.startsWith('0') ? null : Number(text);
}
