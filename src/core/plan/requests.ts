/**
 * One line of the input: a request, or what is wrong with it.
 *
 * @module
 */
import { findJsonFault, findUtf8Fault, type Fault } from './json-fault';
import { jsonMembers, type JsonMember } from './json-members';
import { findRefusedJson, HALF_PAIR } from './strict-json';
import { isObject } from '../../contract/json';
import { JSON_DEPTH_MAX } from '../../contract/limits';
import { nearest } from '../../contract/nearest';
import { findParamsProblems, type Params } from './params-rules';

/** A request as bytes of its line. */
export interface RequestBytes {
  /** The JSON string as it stands, quotes included; null when the line has none. */
  readonly customIdLiteral: Buffer | null;
  /** The JSON object as it stands. */
  readonly params: Buffer;
}

export interface CheckedRequest extends RequestBytes {
  /** Decoded. */
  readonly customId: string | null;
}

/** What the checks need to know of the job. */
export interface RequestRules {
  /** Values of the defaults for `params`; null without any. */
  readonly defaults: Params | null;
  readonly apiVersion: string | null;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
// Fatal: what is no UTF-8 throws. A byte order mark is no white space, except at the start of the file.
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const KEYS: readonly string[] = ['custom_id', 'params'];

/** Keys that are often meant; named only because they are known, a key of another line could be private. */
const KEY_HINTS: Readonly<Record<string, string>> = {
  body: 'unknown key `body`; the body of the request goes into `params`',
  id: 'unknown key `id`; did you mean `custom_id`?',
  max_tokens: '`max_tokens` belongs into `params`',
  messages: '`messages` belong into `params`',
  method: 'unknown key `method`; a line is {"custom_id", "params"}',
  model: '`model` belongs into `params`',
  system: '`system` belongs into `params`',
  url: 'unknown key `url`; a line is {"custom_id", "params"}',
};

/**
 * The bytes of a line that may hold a request.
 *
 * @param number - From 1: only the first line may begin with a byte order mark.
 * @returns null for a blank line.
 */
export function toRequestText(bytes: Buffer, number: number): Buffer | null {
  const text =
    number === 1 && bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;
  for (const byte of text) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return text;
  }
  return null;
}

/** The id of a request whose line has none. */
export function generatedId(position: number): string {
  return `item-${position}`;
}

/** Takes a line apart that was checked before. */
export function sliceRequest(text: Buffer, members = jsonMembers(text)): RequestBytes {
  let customIdLiteral: Buffer | null = null;
  let params = text;
  for (const { key, start, end } of members) {
    if (key === 'custom_id') customIdLiteral = text.subarray(start, end);
    else if (key === 'params') params = text.subarray(start, end);
  }
  return { customIdLiteral, params };
}

/**
 * Checks a line.
 *
 * @returns The request, or the reasons why it is none; these name no value and no key of the line.
 */
export function checkRequest(text: Buffer, rules: RequestRules): CheckedRequest | string[] {
  const parsed = parseObject(text, REQUEST_DEPTH_MAX);
  if (typeof parsed === 'string') return [parsed];
  const members = jsonMembers(text);
  const problems = [...findKeyProblems(members), ...findIdProblems(parsed)];
  const params = parsed['params'];
  if (isObject(params)) {
    problems.push(...findParamsProblems(params, rules.defaults, rules.apiVersion));
  } else {
    problems.push(params === undefined ? '`params` is missing' : '`params` must be a JSON object');
  }
  if (problems.length > 0) return problems;
  const customId = parsed['custom_id'];
  return {
    ...sliceRequest(text, members),
    customId: typeof customId === 'string' ? customId : null,
  };
}

/** A request is two levels down in the body of a batch. */
const REQUEST_DEPTH_MAX = JSON_DEPTH_MAX - 2;

/**
 * Parses the defaults for `params`.
 *
 * @returns The object, or what is wrong, without a word of the input.
 */
export function parseDefaults(text: Buffer): Params | string {
  return parseObject(text, REQUEST_DEPTH_MAX - 1);
}

/** Parses bytes that should be one JSON object which the API takes. */
function parseObject(text: Buffer, depthMax: number): Record<string, unknown> | string {
  let decoded: string;
  try {
    decoded = DECODER.decode(text);
  } catch {
    const fault = findUtf8Fault(text);
    return fault ? `${fault.kind} at byte offset ${fault.offset}` : 'bytes that are not UTF-8';
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(decoded);
  } catch {
    const fault = findJsonFault(text.toString('latin1'));
    return fault ? `no JSON: ${fault.kind} at byte offset ${fault.offset}` : 'no JSON';
  }
  if (!isObject(parsed)) return 'not a JSON object';
  const refused = findRefusedJson(text, depthMax);
  return refused === null ? parsed : toRefusal(refused);
}

function toRefusal({ kind, offset }: Fault): string {
  const wayOut = kind === HALF_PAIR ? '; cut text with `text.slice(0, n).toWellFormed()`' : '';
  return `JSON that the API refuses: ${kind} at byte offset ${offset}${wayOut}`;
}

function findKeyProblems(members: readonly JsonMember[]): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { key, keyStart } of members) {
    if (seen.has(key)) {
      problems.push(
        KEYS.includes(key)
          ? `\`${key}\` is in the line twice`
          : `a duplicate key at byte offset ${keyStart}`
      );
    } else if (!KEYS.includes(key)) {
      problems.push(unknownKey(key, keyStart));
    }
    seen.add(key);
    if (problems.length >= PROBLEMS_MAX) break;
  }
  return problems;
}

/** Reasons about the keys of one line; more would only repeat themselves. */
const PROBLEMS_MAX = 4;

function unknownKey(key: string, offset: number): string {
  const hint = Object.hasOwn(KEY_HINTS, key) ? KEY_HINTS[key] : undefined;
  if (hint !== undefined) return hint;
  const known = nearest(key, KEYS);
  const meant = known === null ? '' : `; did you mean \`${known}\`?`;
  return `an unknown key at byte offset ${offset}${meant}`;
}

function findIdProblems(parsed: Record<string, unknown>): string[] {
  if (!Object.hasOwn(parsed, 'custom_id')) return [];
  const id = parsed['custom_id'];
  if (typeof id !== 'string') return ['`custom_id` must be a string'];
  return id === '' ? ['`custom_id` must not be empty'] : [];
}
