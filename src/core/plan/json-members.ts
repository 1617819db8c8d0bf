/**
 * The members of a JSON object as byte spans, so that values are copied and never re-serialised: what a number, an
 * escape or the order of keys looked like stays as it was.
 *
 * @module
 */

export interface JsonMember {
  /** Decoded. */
  readonly key: string;
  /** Offset of the key's opening quote. */
  readonly keyStart: number;
  /** Offset of the value's first byte. */
  readonly start: number;
  /** Offset behind the value's last byte. */
  readonly end: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/**
 * Lists the top-level members of an object, in their order; a duplicate key is listed twice.
 *
 * No recursion and no stack: a value that is nested a hundred thousand levels deep is skipped like any other.
 *
 * @param text - Bytes known to be a valid JSON object from `start` to `end`, white space around it allowed.
 */
export function jsonMembers(text: Buffer, start = 0, end = text.length): JsonMember[] {
  const members: JsonMember[] = [];
  let at = skipSpace(text, start, end);
  if (text[at] !== OPEN_BRACE) return members;
  at = skipSpace(text, at + 1, end);
  while (at < end && text[at] === QUOTE) {
    const keyStart = at;
    const keyEnd = skipString(text, at, end);
    // Behind the key: the colon.
    const valueStart = skipSpace(text, skipSpace(text, keyEnd, end) + 1, end);
    const valueEnd = skipValue(text, valueStart, end);
    members.push({
      key: decodeKey(text, keyStart, keyEnd),
      keyStart,
      start: valueStart,
      end: valueEnd,
    });
    at = skipSpace(text, valueEnd, end);
    if (text[at] !== COMMA) break;
    at = skipSpace(text, at + 1, end);
  }
  return members;
}

function skipSpace(text: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(text[at])) at++;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** @returns The offset behind the closing quote of the string that opens at `from`. */
export function skipString(text: Buffer, from: number, end: number): number {
  let at = from + 1;
  // Most strings are short: looking at each byte beats the call into native code. Long ones are worth that call.
  const shortEnd = Math.min(end, at + 48);
  for (; at < shortEnd; at++) {
    const byte = text[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  // `at` stands behind a whole character or escape, so a backslash before it is not counted again.
  const bodyStart = at;
  for (let quote = text.indexOf(QUOTE, at); quote !== -1 && quote < end;) {
    let slash = quote;
    while (slash > bodyStart && text[slash - 1] === BACKSLASH) slash--;
    if ((quote - slash) % 2 === 0) return quote + 1;
    quote = text.indexOf(QUOTE, quote + 1);
  }
  return end;
}

/** @returns The offset behind the value that begins at `from`. */
function skipValue(text: Buffer, from: number, end: number): number {
  const first = text[from];
  if (first === QUOTE) return skipString(text, from, end);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(text, from, end);
  let at = from;
  while (at < end) {
    const byte = text[at];
    if (byte === COMMA || byte === CLOSE_BRACE || isSpace(byte)) break;
    at++;
  }
  return at;
}

function skipNested(text: Buffer, from: number, end: number): number {
  let depth = 0;
  for (let at = from; at < end;) {
    const byte = text[at];
    if (byte === QUOTE) {
      at = skipString(text, at, end);
      continue;
    }
    at++;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at;
  }
  return end;
}

function decodeKey(text: Buffer, start: number, end: number): string {
  const inner = text.subarray(start + 1, end - 1);
  if (!inner.includes(BACKSLASH)) return inner.toString('utf8');
  return JSON.parse(text.toString('utf8', start, end)) as string;
}
