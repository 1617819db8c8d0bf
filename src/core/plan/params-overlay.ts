/**
 * Defaults for `params`, overlaid by a line's own at top-level keys. Done on bytes: no value is re-serialised.
 *
 * @module
 */
import { jsonMembers } from './json-members';

export interface ParamsDefaults {
  /** Parsed, for the checks. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Key and bytes (`"key":value`) of each member. */
  readonly members: readonly { readonly key: string; readonly bytes: Buffer }[];
  /** `{` and all members, as an object begins that has none of these keys itself. */
  readonly head: Buffer;
}

/**
 * Prepares defaults.
 *
 * @param text - Bytes of a valid JSON object. Of a duplicate key the last one counts.
 * @returns null when the object is empty: there is nothing to overlay.
 */
export function prepareDefaults(text: Buffer): ParamsDefaults | null {
  const last = new Map(jsonMembers(text).map((member) => [member.key, member]));
  if (last.size === 0) return null;
  const members = [...last.values()].map(({ key, keyStart, end }) => ({
    key,
    bytes: text.subarray(keyStart, end),
  }));
  const values = JSON.parse(text.toString()) as Record<string, unknown>;
  return { values, members, head: joinHead(members) };
}

/**
 * Overlays a line's params.
 *
 * @param params - Bytes of a valid JSON object.
 * @returns The pieces of the object that is sent: default members whose keys are not in `params`, then those of
 * `params` as they are.
 */
export function overlayParams(defaults: ParamsDefaults | null, params: Buffer): Buffer[] {
  if (defaults === null) return [params];
  const own = jsonMembers(params);
  const first = own[0];
  const keys = new Set(own.map(({ key }) => key));
  const missing = defaults.members.filter(({ key }) => !keys.has(key));
  if (missing.length === 0) return [params];
  const head = missing.length === defaults.members.length ? defaults.head : joinHead(missing);
  return first === undefined ? [head, CLOSE] : [head, COMMA, params.subarray(first.keyStart)];
}

const OPEN = Buffer.from('{');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from('}');

function joinHead(members: ParamsDefaults['members']): Buffer {
  const pieces = members.flatMap(({ bytes }, index) => [index === 0 ? OPEN : COMMA, bytes]);
  return Buffer.concat(pieces);
}
