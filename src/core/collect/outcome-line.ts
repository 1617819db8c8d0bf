/**
 * A line of `outcomes.jsonl`: `{"position":12,"attempt":1,"outcome":"done","result":…}`, always in this order, so that it
 * is read without being parsed and the result's bytes stay as the API gave them.
 *
 * @module
 */
import { jsonMembers } from '../plan/json-members';
import { RESULT_TYPES, type ResultType } from './outcome';

export interface OutcomeLine {
  readonly position: number;
  readonly attempt: number;
  /** Bytes of the `result`. */
  readonly result: Buffer;
}

const POSITION = Buffer.from('{"position":');
const ATTEMPT = Buffer.from(',"attempt":');
const RESULT = Buffer.from(',"result":');
const QUICK_TYPES = RESULT_TYPES.map((type) => [type, Buffer.from(`{"type":"${type}"`)] as const);

/** @returns null when the bytes are no such line. */
export function parseOutcomeLine(bytes: Buffer): OutcomeLine | null {
  const position = readMember(bytes, 0, POSITION);
  const attempt = position && readMember(bytes, position.end, ATTEMPT);
  if (!position || !attempt) return null;
  // The outcome in between is one of a few words.
  const at = bytes.subarray(0, attempt.end + 64).indexOf(RESULT, attempt.end);
  if (at === -1 || bytes[bytes.length - 1] !== 0x7d) return null;
  const result = bytes.subarray(at + RESULT.length, bytes.length - 1);
  return { position: position.value, attempt: attempt.value, result };
}

/**
 * Tells the type of a result.
 *
 * @param result - Bytes of a valid JSON object.
 * @returns null when it is none of the API's, nor `missing`.
 */
export function resultTypeOf(result: Buffer): ResultType | null {
  for (const [type, start] of QUICK_TYPES) {
    if (result.subarray(0, start.length).equals(start)) return type;
  }
  const member = jsonMembers(result).find(({ key }) => key === 'type');
  const text = member && result.toString('utf8', member.start, member.end);
  return RESULT_TYPES.find((type) => text === `"${type}"`) ?? null;
}

/** Reads a name and the whole number behind it. */
function readMember(
  bytes: Buffer,
  from: number,
  name: Buffer
): { readonly value: number; readonly end: number } | null {
  const start = from + name.length;
  if (!bytes.subarray(from, start).equals(name)) return null;
  let value = 0;
  let at = start;
  for (; at < bytes.length; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return at > start && Number.isSafeInteger(value) ? { value, end: at } : null;
}
