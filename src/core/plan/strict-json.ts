/**
 * What `JSON.parse` takes and the API's parser refuses.
 *
 * JavaScript makes such JSON by itself: a text that is cut in the middle of an emoji becomes `"\ud83c"`. One such
 * request makes the API refuse the whole body of its batch.
 *
 * @module
 */
import { JSON_DEPTH_MAX } from '../../contract/limits';
import type { Fault } from './json-fault';
import { skipString } from './json-members';

/** The kind of fault that an application makes by cutting text. */
export const HALF_PAIR = 'half of a surrogate pair';

const QUOTE = 0x22;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Finds the first place that the API refuses.
 *
 * @param text - Bytes known to be JSON in UTF-8.
 * @param depthMax - Levels of nesting that this value may have.
 */
export function findRefusedJson(text: Buffer, depthMax: number): Fault | null {
  return findHalfPair(text) ?? findRefusedStructure(text, depthMax);
}

/** Escapes exist only in strings, so the strings need not be found. */
function findHalfPair(text: Buffer): Fault | null {
  // Most texts escape no surrogate; this search is quicker than a walk from escape to escape.
  if (!text.includes('\\ud') && !text.includes('\\uD')) return null;
  for (let at = text.indexOf(BACKSLASH); at !== -1; at = text.indexOf(BACKSLASH, at)) {
    const half = surrogateAt(text, at);
    if (half === null) {
      at += 2;
    } else if (half === 'high' && surrogateAt(text, at + ESCAPE_LENGTH) === 'low') {
      at += 2 * ESCAPE_LENGTH;
    } else {
      return { offset: at, kind: HALF_PAIR };
    }
  }
  return null;
}

const ESCAPE_LENGTH = '\\u0000'.length;

/** Which half of a surrogate pair is escaped at `at`: `\ud800` to `\udbff` is a high one, `\udc00` to `\udfff` a low one. */
function surrogateAt(text: Buffer, at: number): 'high' | 'low' | null {
  if (text[at] !== BACKSLASH || text[at + 1] !== 0x75) return null;
  if (((text[at + 2] ?? 0) | 0x20) !== 0x64) return null;
  const unit = parseInt(text.toString('latin1', at + 2, at + ESCAPE_LENGTH), 16);
  if (unit < 0xd800) return null;
  return unit < 0xdc00 ? 'high' : 'low';
}

function findRefusedStructure(text: Buffer, depthMax: number): Fault | null {
  let depth = 0;
  for (let at = 0; at < text.length;) {
    const byte = text[at] ?? 0;
    if (byte === QUOTE) {
      at = skipString(text, at, text.length);
    } else if (isNumberStart(byte)) {
      const end = skipNumber(text, at);
      if (isInfinite(text, at, end)) return { offset: at, kind: 'a number beyond 1.8e308' };
      at = end;
    } else {
      if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth++;
      else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth--;
      if (depth > depthMax) return { offset: at, kind: TOO_DEEP };
      at++;
    }
  }
  return null;
}

const TOO_DEEP = `more than ${JSON_DEPTH_MAX} levels of nesting`;

function isNumberStart(byte: number): boolean {
  return byte === MINUS || (byte >= 0x30 && byte <= 0x39);
}

function skipNumber(text: Buffer, from: number): number {
  let at = from + 1;
  while (at < text.length && isNumberPart(text[at] ?? 0)) at++;
  return at;
}

/** Digits, signs, the point and the exponent. */
function isNumberPart(byte: number): boolean {
  return isNumberStart(byte) || byte === 0x2b || byte === 0x2e || (byte | 0x20) === 0x65;
}

/** The shortest number that is too large, `1e309`, has five characters. */
function isInfinite(text: Buffer, start: number, end: number): boolean {
  return end - start >= 5 && !Number.isFinite(Number(text.toString('latin1', start, end)));
}
