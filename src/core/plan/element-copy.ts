/**
 * One element of a JSON array, copied onto one line, a piece at a time.
 *
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const LINE_END = Buffer.from('\n');
const ONE_SPACE = Buffer.from(' ');

export interface ElementCopy {
  begin(): void;
  /** @returns the index up to which the piece was copied. */
  copy(piece: Buffer, from: number, lines: Buffer[]): number;
  readonly ended: boolean;
  /** Index of a line break in a string: it would end the line in its middle. */
  readonly lineBreakAt: number | null;
}

/** Copies one element, without its line breaks. Whether it is JSON is checked later, line by line. */
export function createElementCopy(): ElementCopy {
  let depth = 0;
  let ended = false;
  const string = createStringSkip();
  /** Behind a line break: white space is left out. */
  let breaking = false;
  /** The last byte that is no white space, outside of strings. */
  let last = 0;

  /** @returns the index behind the byte, or at it where it belongs to the list. */
  function stepOver(byte: number, at: number): number {
    if (depth === 0 && isStructure(byte)) {
      ended = true;
      return at;
    }
    last = isSpace(byte) ? last : byte;
    if (byte === QUOTE) string.begin();
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) ended = --depth === 0;
    return at + 1;
  }

  function copy(piece: Buffer, from: number, lines: Buffer[]): number {
    let start = from;
    let at = from;
    while (at < piece.length && !ended && string.lineBreakAt === null) {
      if (string.isOpen) {
        at = string.skip(piece, at);
        continue;
      }
      const byte = piece[at] ?? 0;
      if (byte === NEWLINE || byte === RETURN) {
        if (!breaking) lines.push(piece.subarray(start, at));
        breaking = true;
      } else if (!breaking) {
        at = stepOver(byte, at);
        continue;
      } else if (!isSpace(byte)) {
        breaking = false;
        start = at;
        // Two tokens that only the line break kept apart stay apart.
        if (!isBracket(last) && !isBracket(byte)) lines.push(ONE_SPACE);
        continue;
      }
      at++;
    }
    if (!breaking) lines.push(piece.subarray(start, at));
    if (ended) lines.push(LINE_END);
    return at;
  }

  return {
    begin: () => {
      depth = 0;
      last = 0;
      ended = false;
      breaking = false;
    },
    copy,
    get ended() {
      return ended;
    },
    get lineBreakAt() {
      return string.lineBreakAt;
    },
  };
}

interface StringSkip {
  /** Begins behind an opening quote. */
  begin(): void;
  readonly isOpen: boolean;
  readonly lineBreakAt: number | null;
  /** @returns the index behind the closing quote, or where the piece or the line ends. */
  skip(piece: Buffer, from: number): number;
}

function createStringSkip(): StringSkip {
  let isOpen = false;
  let escaped = false;
  let lineBreakAt: number | null = null;
  return {
    begin: () => {
      isOpen = true;
    },
    skip: (piece, from) => {
      for (let at = from; at < piece.length; at++) {
        const byte = piece[at];
        if (byte === NEWLINE) {
          lineBreakAt = at;
          return at;
        }
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          isOpen = false;
          return at + 1;
        }
      }
      return piece.length;
    },
    get isOpen() {
      return isOpen;
    },
    get lineBreakAt() {
      return lineBreakAt;
    },
  };
}

/** No element begins with one of these. */
export function isStructure(byte: number): boolean {
  return byte === COMMA || byte === COLON || byte === CLOSE_LIST || byte === CLOSE_OBJECT;
}

function isBracket(byte: number): boolean {
  return isStructure(byte) || byte === OPEN_LIST || byte === OPEN_OBJECT;
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === RETURN || byte === 0x09;
}
