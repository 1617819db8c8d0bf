/**
 * Lines of a byte stream, as bytes.
 *
 * @module
 */

/** One line, without its newline. */
export interface Line {
  /** From 1; blank lines count. */
  readonly number: number;
  /** Shares memory with the chunk that was read: copy it to keep it beyond the next chunk. */
  readonly bytes: Buffer;
  /** False for a last line without a newline. */
  readonly terminated: boolean;
}

export interface ReadLinesOptions {
  /** Longest line that is accepted, without its newline. */
  readonly lineBytesMax: number;
  /** Whether one carriage return before the newline is cut off too. Defaults to false. */
  readonly stripReturn?: boolean;
}

/** A line is longer than `lineBytesMax`. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError' as const;
  readonly line: number;
  readonly lineBytesMax: number;
  constructor(line: number, lineBytesMax: number) {
    super(`Line ${line} is longer than ${lineBytesMax} bytes.`);
    this.line = line;
    this.lineBytesMax = lineBytesMax;
  }
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);

/**
 * Splits a stream into lines, a batch of them for each chunk read: an await per line would cost more than the lines.
 *
 * Memory is one chunk and one line. Time is linear, however long a line and however small the chunks.
 *
 * @throws LineTooLongError as soon as a line grows beyond `lineBytesMax`.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  { lineBytesMax, stripReturn = false }: ReadLinesOptions
): AsyncGenerator<Line[], void, undefined> {
  let number = 0;
  // The unfinished line at the end of the previous chunk.
  let held = EMPTY;
  let heldBytes = 0;

  const hold = (part: Buffer): void => {
    const neededBytes = heldBytes + part.length;
    if (neededBytes > lineBytesMax) throw new LineTooLongError(number + 1, lineBytesMax);
    if (neededBytes > held.length) {
      // Doubling keeps a long line that arrives in small chunks linear.
      const grown = Buffer.allocUnsafe(
        Math.max(neededBytes, Math.min(2 * held.length, lineBytesMax))
      );
      held.copy(grown, 0, 0, heldBytes);
      held = grown;
    }
    part.copy(held, heldBytes);
    heldBytes = neededBytes;
  };

  const toLine = (rest: Buffer, terminated: boolean): Line => {
    let bytes = rest;
    if (heldBytes > 0) {
      hold(rest);
      bytes = held.subarray(0, heldBytes);
      held = EMPTY;
      heldBytes = 0;
    }
    number++;
    if (bytes.length > lineBytesMax) throw new LineTooLongError(number, lineBytesMax);
    const cut = stripReturn && terminated && bytes[bytes.length - 1] === RETURN;
    return { number, bytes: cut ? bytes.subarray(0, -1) : bytes, terminated };
  };

  for await (const part of source) {
    const chunk = toBuffer(part);
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(toLine(chunk.subarray(start, end), true));
      start = end + 1;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (heldBytes > 0) yield [toLine(EMPTY, false)];
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
