/** JSON that a strict parser refuses; the message is one of the parser whose texts the API's answers have. */
export class StrictJsonProblem extends Error {
  override name = 'StrictJsonProblem' as const;
}

/** Levels of nesting in a body. Source: orjson 3.13.0 takes 1,024 and refuses 1,025; measured on 2026-11-25. */
const DEPTH_MAX = 1024;

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses JSON as the API does: UTF-8 only, whole surrogate pairs, limited nesting, finite numbers.
 *
 * @param depth - levels of the body that the value is in.
 * @throws StrictJsonProblem where the API refuses it.
 */
export function parseStrictJson(bytes: Buffer, depth = 0): unknown {
  const value = parse(decode(bytes));
  const open: (readonly [value: unknown, depth: number])[] = [[value, depth]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [each, above] = next;
    if (typeof each === 'string') assertWholePairs(each);
    if (typeof each === 'number' && !Number.isFinite(each)) {
      throw new StrictJsonProblem('number is infinity when parsed as double');
    }
    if (typeof each !== 'object' || each === null) continue;
    if (above >= DEPTH_MAX) throw new StrictJsonProblem('depth limit exceeded');
    for (const [key, member] of Object.entries(each)) {
      assertWholePairs(key);
      open.push([member, above + 1]);
    }
  }
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new StrictJsonProblem('str is not valid UTF-8: surrogates not allowed');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new StrictJsonProblem('unexpected character');
  }
}

// With the flag `u` a whole pair is one character, and \p{Cs} is a half that stands alone.
const HALF = /\p{Cs}/u;

function assertWholePairs(text: string): void {
  const found = HALF.exec(text);
  if (found === null) return;
  const isHigh = found[0] < '\udc00';
  if (!isHigh) throw new StrictJsonProblem('invalid high surrogate in string');
  const next = text.charCodeAt(found.index + 1);
  // Behind the half: nothing, plain text, or another escape. The last two can't be told apart any more.
  throw new StrictJsonProblem(
    Number.isNaN(next) ? 'no low surrogate in string' : 'invalid low surrogate in string'
  );
}
