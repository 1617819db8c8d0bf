/**
 * Where bytes stop being UTF-8 or JSON. A JSON parser's own message quotes its input, so it is never shown.
 *
 * @module
 */

export interface Fault {
  /** From 0. */
  readonly offset: number;
  /** A noun phrase. */
  readonly kind: string;
}

/** @returns null when the bytes are UTF-8. */
export function findUtf8Fault(bytes: Uint8Array): Fault | null {
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return { offset: at, kind: 'bytes that are not UTF-8' };
    at += length;
  }
  return null;
}

/** @returns The length of the character that begins at `at`; 0 when none does. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  for (let index = 1; index < length; index++) {
    if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  // Longer than need be, half of a surrogate pair, or beyond the last character.
  const second = bytes[at + 1] ?? 0;
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  return first === 0xf4 && second > 0x8f ? 0 : length;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORDS: readonly string[] = ['true', 'false', 'null'];

/**
 * Finds the first place where a text is not JSON. No recursion: nesting may be of any depth.
 *
 * @param text - JSON text with one UTF-16 unit per byte (`latin1`), so that offsets are those of the bytes.
 * @returns null when the text is JSON.
 */
export function findJsonFault(text: string): Fault | null {
  const open: string[] = [];
  let at = skipSpace(text, 0);
  for (;;) {
    // Here a value begins; or, right behind an opening bracket, the container ends.
    const first = text[at];
    const empty = first === '{' ? '}' : first === '[' ? ']' : null;
    if (empty !== null) {
      at = skipSpace(text, at + 1);
      if (text[at] !== empty) {
        open.push(empty);
        if (empty === ']') continue;
        const member = skipKey(text, at);
        if (typeof member !== 'number') return member;
        at = member;
        continue;
      }
      at++;
    } else {
      const behind = skipScalar(text, at);
      if (typeof behind !== 'number') return behind;
      at = behind;
    }
    // Here a value has ended: close what closes, up to the next comma.
    at = skipSpace(text, at);
    while (open.length > 0 && text[at] === open.at(-1)) {
      open.pop();
      at = skipSpace(text, at + 1);
    }
    if (open.length === 0) {
      return at < text.length ? { offset: at, kind: 'more after the end of the value' } : null;
    }
    if (text[at] !== ',') return unexpected(text, at);
    at = skipSpace(text, at + 1);
    if (open.at(-1) === '}') {
      const member = skipKey(text, at);
      if (typeof member !== 'number') return member;
      at = member;
    }
  }
}

/** @returns The offset of the value behind a key and its colon. */
function skipKey(text: string, at: number): number | Fault {
  if (text[at] !== '"') return unexpected(text, at);
  const behind = skipString(text, at);
  if (typeof behind !== 'number') return behind;
  const colon = skipSpace(text, behind);
  return text[colon] === ':' ? skipSpace(text, colon + 1) : unexpected(text, colon);
}

function skipScalar(text: string, at: number): number | Fault {
  if (text[at] === '"') return skipString(text, at);
  const word = WORDS.find((candidate) => text.startsWith(candidate, at));
  if (word !== undefined) return at + word.length;
  NUMBER.lastIndex = at;
  return NUMBER.test(text) ? NUMBER.lastIndex : unexpected(text, at);
}

function skipString(text: string, from: number): number | Fault {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return { offset: at, kind: 'a control character in a string' };
    if (code !== 0x5c) continue;
    const escape = text[at + 1];
    if (escape === undefined) break;
    const right =
      escape === 'u'
        ? /^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))
        : '"\\/bfnrt'.includes(escape);
    if (!right) return { offset: at, kind: 'a wrong escape in a string' };
    at += escape === 'u' ? 5 : 1;
  }
  return { offset: text.length, kind: 'an end in the middle of a string' };
}

function unexpected(text: string, at: number): Fault {
  return at < text.length
    ? { offset: at, kind: 'an unexpected character' }
    : { offset: at, kind: 'an end in the middle' };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text[at] ?? '')) at++;
  return at;
}
