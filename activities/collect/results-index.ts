/**
 * What is kept of a results file while it is read: for each member, the place of its result in the spool and its verdict.
 * Numbers in typed arrays, never contents: a hundred thousand results take two megabytes, however long they are.
 *
 * @module
 */
import { isObject } from '../../src/contract/json';
import {
  classifyResult,
  isKnownResultType,
  type ResultType,
  type Verdict,
} from '../../src/core/collect/outcome';
import { addUsage, emptyUsage, type UsageSum } from '../../src/core/collect/usage';
import { costOfMessage } from '../../src/core/money/message-cost';
import { jsonMembers } from '../../src/core/plan/json-members';
import { toPosition } from '../../src/core/plan/wire-id';
import type { Line } from '../../src/store/lines';
import { indexOfPosition, type Members } from './collect-members';

export interface IndexContext {
  readonly members: Members;
  /** What the wire ids of the chunk begin with. */
  readonly prefix: string;
  readonly maxAttempts: number;
  readonly canceledByUs: boolean;
}

/** What is wrong with a results file, counted. */
export interface Flaws {
  /** Lines that are not JSON or not a result. */
  unreadable: number;
  /** Ids that are not the chunk's. */
  foreign: number;
  repeated: number;
}

export interface ResultsIndex extends IndexContext {
  /** Offset of each member's result in the spool; -1 for none. */
  readonly offsets: Float64Array;
  readonly lengths: Uint32Array;
  /** Indexes of {@link VERDICTS}. */
  readonly verdicts: Uint8Array;
  readonly counts: Record<ResultType, number>;
  readonly flaws: Flaws;
  readonly usage: UsageSum;
  readonly stopReasons: Record<string, number>;
  lines: number;
  /** Null as soon as one model's price is unknown. */
  costPicoUsd: bigint | null;
  /** Results of a type that this version does not know: counted as errored, and by the API in a way of its own. */
  unknownTypes: number;
  spoolBytes: number;
}

/** Every verdict that can be kept; the first is that of a missing result. */
export const VERDICTS: readonly Verdict[] = [
  { outcome: 'give_up', type: 'missing' },
  { outcome: 'done', type: 'succeeded' },
  { outcome: 'retry', type: 'expired', kind: 'retry' },
  { outcome: 'retry', type: 'errored', kind: 'retry' },
  { outcome: 'retry', type: 'errored', kind: 'account' },
  { outcome: 'give_up', type: 'expired' },
  { outcome: 'give_up', type: 'errored' },
  { outcome: 'give_up', type: 'canceled' },
  { outcome: 'stopped', type: 'canceled' },
];

const VERDICT_CODES = new Map(VERDICTS.map((verdict, code) => [verdictKey(verdict), code]));
const STOP_REASON_PATTERN = /^[a-z_]{1,40}$/;

export function createResultsIndex(context: IndexContext): ResultsIndex {
  const { count } = context.members;
  return {
    ...context,
    offsets: new Float64Array(count).fill(-1),
    lengths: new Uint32Array(count),
    verdicts: new Uint8Array(count),
    counts: { succeeded: 0, errored: 0, expired: 0, canceled: 0, missing: count },
    flaws: { unreadable: 0, foreign: 0, repeated: 0 },
    usage: emptyUsage(),
    stopReasons: {},
    lines: 0,
    costPicoUsd: 0n,
    unknownTypes: 0,
    spoolBytes: 0,
  };
}

/**
 * Adds one line.
 *
 * @returns The bytes of its result, to be appended to the spool; null when the line adds no result.
 */
export function addLine(index: ResultsIndex, { bytes: given }: Line): Buffer | null {
  const bytes = index.lines === 0 ? withoutMark(given) : given;
  index.lines++;
  if (isBlank(bytes)) return null;
  const line = parseLine(bytes);
  if (line === null) {
    index.flaws.unreadable++;
    return null;
  }
  const position = toPosition(index.prefix, line.custom_id);
  const member = position === null ? -1 : indexOfPosition(index.members, position);
  if (member < 0) {
    index.flaws.foreign++;
    return null;
  }
  if (index.offsets[member] !== -1) {
    index.flaws.repeated++;
    return null;
  }
  const span = spanOfResult(bytes);
  index.offsets[member] = index.spoolBytes;
  index.lengths[member] = span.length;
  index.spoolBytes += span.length;
  judge(index, member, line.result);
  return span;
}

export function verdictOf(index: ResultsIndex, member: number): Verdict {
  return VERDICTS[index.verdicts[member] ?? 0] ?? { outcome: 'give_up', type: 'missing' };
}

function judge(index: ResultsIndex, member: number, result: Record<string, unknown>): void {
  const attempt = index.members.attempts[member] ?? 1;
  const { maxAttempts, canceledByUs } = index;
  const verdict = classifyResult(result, { attempt, maxAttempts, canceledByUs });
  const code = VERDICT_CODES.get(verdictKey(verdict));
  index.counts.missing--;
  if (code === undefined) throw new Error('Expected a verdict of the table.');
  index.verdicts[member] = code;
  index.counts[verdict.type]++;
  if (!isKnownResultType(result['type'])) index.unknownTypes++;
  if (verdict.outcome === 'done') addMessage(index, result['message']);
}

/** Adds up stop reason, usage and cost of a succeeded result. */
function addMessage(index: ResultsIndex, message: unknown): void {
  const given = isObject(message) ? message : {};
  const reason = given['stop_reason'];
  const name = typeof reason === 'string' && STOP_REASON_PATTERN.test(reason) ? reason : 'unknown';
  index.stopReasons[name] = (index.stopReasons[name] ?? 0) + 1;
  const { usage, picoUsd } = costOfMessage(message);
  addUsage(index.usage, usage);
  index.costPicoUsd =
    picoUsd === null || index.costPicoUsd === null ? null : index.costPicoUsd + picoUsd;
}

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

function withoutMark(bytes: Buffer): Buffer {
  const { length } = BYTE_ORDER_MARK;
  return bytes.subarray(0, length).equals(BYTE_ORDER_MARK) ? bytes.subarray(length) : bytes;
}

/** Spaces, tabs and carriage returns. */
function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function parseLine(
  bytes: Buffer
): { readonly custom_id: string; readonly result: Record<string, unknown> } | null {
  let line: unknown;
  try {
    line = JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's message quotes the line.
    return null;
  }
  if (!isObject(line)) return null;
  const { custom_id: id, result } = line;
  return typeof id === 'string' && isObject(result) ? { custom_id: id, result } : null;
}

/** Of a duplicate key the last one counts, as in `JSON.parse`. */
function spanOfResult(line: Buffer): Buffer {
  const member = jsonMembers(line).findLast(({ key }) => key === 'result');
  return member === undefined ? Buffer.alloc(0) : line.subarray(member.start, member.end);
}

function verdictKey(verdict: Verdict): string {
  const kind = verdict.outcome === 'retry' ? verdict.kind : '';
  return `${verdict.outcome} ${verdict.type} ${kind}`;
}
