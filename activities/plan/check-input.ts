/**
 * Reads a whole input once and checks every line of it, before anything is written.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { BAD_LINES_LISTED_MAX, LINE_BYTES_MAX } from '../../src/contract/limits';
import { createChunkCutter, type ChunkLimits } from '../../src/core/plan/chunks';
import { createIdTable } from '../../src/core/plan/id-table';
import { overlayParams, type ParamsDefaults } from '../../src/core/plan/params-overlay';
import { checkRequest, generatedId, toRequestText } from '../../src/core/plan/requests';
import { LineTooLongError, readLines, type Line } from '../../src/store/lines';

export interface CheckInputOptions {
  readonly defaults: ParamsDefaults | null;
  /** Null: the SDK's own. */
  readonly apiVersion: string | null;
  readonly limits: ChunkLimits;
  /** Called between reads with the number of requests so far. */
  readonly onProgress?: (requests: number) => void;
}

export interface BadLine {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

export interface CheckedInput {
  readonly bytes: number;
  readonly lines: number;
  /** Null when reading stopped at a line that is too long. */
  readonly sha256: string | null;
  /** Number of requests, bad ones included. */
  readonly total: number;
  /** Number of chunks of round 1. */
  readonly chunks: number;
  readonly badLines: number;
  /** The first bad lines. */
  readonly listed: readonly BadLine[];
}

/**
 * Checks an input.
 *
 * Keeps one line in memory, and about 32 bytes for each request to find duplicate ids.
 */
export async function checkInput(
  source: AsyncIterable<Uint8Array>,
  options: CheckInputOptions
): Promise<CheckedInput> {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  }

  const checker = createLineChecker(options);
  let lines = 0;
  let whole = true;
  try {
    for await (const batch of readLines(hashed(), { lineBytesMax: LINE_BYTES_MAX })) {
      for (const line of batch) checker.check(line);
      lines += batch.length;
      options.onProgress?.(checker.total);
    }
  } catch (error) {
    if (!(error instanceof LineTooLongError)) throw error;
    whole = false;
    checker.refuse(error.line, `longer than ${error.lineBytesMax} bytes; no later line was read`);
  }
  const { total, chunks, badLines, listed } = checker;
  return {
    bytes,
    lines,
    sha256: whole ? hash.digest('hex') : null,
    total,
    chunks,
    badLines,
    listed,
  };
}

interface LineChecker extends Pick<CheckedInput, 'total' | 'chunks' | 'badLines' | 'listed'> {
  check(line: Line): void;
  refuse(line: number, reason: string): void;
}

function createLineChecker({ defaults, apiVersion, limits }: CheckInputOptions): LineChecker {
  const rules = { defaults: defaults?.values ?? null, apiVersion };
  const ids = createIdTable();
  const cutter = createChunkCutter(limits);
  const listed: BadLine[] = [];
  let total = 0;
  let badLines = 0;
  const refuse = (line: number, reason: string): void => {
    badLines++;
    if (listed.length < BAD_LINES_LISTED_MAX) listed.push({ line, reason });
  };
  return {
    listed,
    get total() {
      return total;
    },
    get chunks() {
      return cutter.chunks;
    },
    get badLines() {
      return badLines;
    },
    refuse,
    check: (line) => {
      const text = toRequestText(line.bytes, line.number);
      if (text === null) return;
      const position = total++;
      const checked = checkRequest(text, rules);
      if (Array.isArray(checked)) {
        refuse(line.number, checked.join('; '));
        return;
      }
      const first = ids.add(checked.customId ?? generatedId(position), line.number);
      if (first > 0) {
        refuse(line.number, repeatedId(checked.customId === null, first));
        return;
      }
      const size = overlayParams(defaults, checked.params).reduce(
        (sum, part) => sum + part.length,
        0
      );
      if (cutter.place(size) === null) {
        refuse(line.number, `too large: a batch takes ${limits.bytesMax} bytes at most`);
      }
    },
  };
}

function repeatedId(generated: boolean, firstLine: number): string {
  return generated
    ? `no \`custom_id\`, and the one it would get is already used in line ${firstLine}`
    : `its \`custom_id\` is already used in line ${firstLine}`;
}
