/**
 * A job's progress and report in words.
 */
import type { BatchProgress, JobProgress, Report } from '../../contract/public';
import { formatNanoUsd, savedNanoUsd } from '../../core/money/cost';
import { listAnswers } from '../../core/questions/show-questions';
import { durationText } from '../../core/view/duration';
import { formatCount, formatFields, formatTable, plural } from './output';

/** A check that is overdue by more: no Worker is running, or the API does not answer. */
const OVERDUE_MS = 60_000;

/** Batches in a table; earlier ones are only counted. */
const BATCH_ROWS_MAX = 20;

/** What `status` prints. */
export function toStatusText(progress: JobProgress, url: string | null, nowMs: number): string {
  const fields = formatFields([
    ['Job', progress.job_id],
    ['Status', toStatusWords(progress)],
    ['Paused', progress.paused_reason],
    ['Requests', toCounts(progress)],
    ['Next', toNextWords(progress, nowMs)],
    ['Note', noteOf(progress)],
    ['Temporal', url],
  ]);
  return [
    fields,
    ...(progress.batches.length === 0 ? [] : [toBatchTable(progress.batches)]),
    ...(progress.questions.length === 0 ? [] : [listAnswers(progress.questions).join('\n')]),
  ].join('\n\n');
}

/** One line of a job's progress. */
export function toProgressLine(progress: JobProgress, nowMs: number): string {
  if (progress.requests === 0) return toStatusWords(progress);
  const next = toNextWords(progress, nowMs);
  const note = noteOf(progress);
  const done = progress.requests - progress.processing;
  return [
    `${formatCount(done)}/${formatCount(progress.requests)} done`,
    ...(failed(progress) > 0 ? [`${formatCount(failed(progress))} failed`] : []),
    toStatusWords(progress),
    ...(next === null ? [] : [`next ${next}`]),
    ...(note === null ? [] : [note]),
  ].join(' · ');
}

/** What is printed at a job's end. */
export function toReportText(report: Report): string {
  return formatFields([
    ['Job', report.job_id],
    ['Status', report.status],
    ['Requests', toCounts({ ...report, processing: 0 })],
    ['Rounds', `${report.rounds}, in ${plural(report.batches.length, 'batch')}`],
    ['Errors', toTally(report.error_types)],
    ['Stopped', toTally(withoutUsual(report.stop_reasons))],
    [
      'Tokens',
      `${formatCount(inputTokens(report))} in, ${formatCount(report.usage.output_tokens)} out`,
    ],
    ['Cost', toCost(report)],
    ['Saved', toSaving(report)],
  ]);
}

/** US dollars, or why there is no number. */
export function toCost({ cost_usd: cost, prices_as_of: date }: Report): string {
  return cost === null ? 'unknown: a model has no known price' : `$${cost} (prices of ${date})`;
}

/** Null where the cost is unknown, or nothing was paid for. */
function toSaving(report: Report): string | null {
  const saved = savedNanoUsd(report);
  if (saved === null || saved === 0n) return null;
  return `$${formatNanoUsd(saved)} compared with the same calls in real time`;
}

/** One short sentence on a report. */
export function toReportSentence(report: Report): string {
  const { status, requests, succeeded } = report;
  const others = requests - succeeded;
  const verdict =
    others === 0
      ? `${requests === 1 ? 'the request' : `all ${formatCount(requests)} requests`} succeeded`
      : `${formatCount(succeeded)} of ${plural(requests, 'request')} succeeded, ${formatCount(others)} did not`;
  return `Job ${report.job_id} ${status === 'canceled' ? 'was canceled' : 'is done'}: ${verdict}.`;
}

function toStatusWords({ status, phase, round }: JobProgress): string {
  if (status !== 'running' && status !== 'paused') return status;
  const words = phase === 'running' ? `round ${round}` : phase;
  return status === 'paused' ? `paused in ${words}` : words;
}

function toNextWords(progress: JobProgress, nowMs: number): string | null {
  const inWords = (at: string): string => {
    const inMs = Date.parse(at) - nowMs;
    if (inMs < -OVERDUE_MS)
      return `overdue by ${durationText(-inMs)}: see in Temporal what is waiting`;
    return inMs < 1000 ? 'now' : `in ${durationText(inMs)}`;
  };
  if (progress.next_check_at !== null) return `check ${inWords(progress.next_check_at)}`;
  if (progress.next_round_at !== null) return `round ${inWords(progress.next_round_at)}`;
  return null;
}

type Counts = Pick<
  JobProgress,
  'requests' | 'succeeded' | 'errored' | 'expired' | 'canceled' | 'missing' | 'processing'
>;

function toCounts(counts: Counts): string {
  const names = ['succeeded', 'errored', 'expired', 'canceled', 'missing', 'processing'] as const;
  const parts = names
    .filter((name) => counts[name] > 0 || name === 'succeeded')
    .map((name) => `${formatCount(counts[name])} ${name}`);
  return `${formatCount(counts.requests)}: ${parts.join(', ')}`;
}

/** What is special about a batch, beside its phase. */
function noteOf({ batches }: JobProgress): string | null {
  return batches.find(({ note }) => note !== null)?.note ?? null;
}

function failed({ errored, expired, canceled, missing }: Counts): number {
  return errored + expired + canceled + missing;
}

function toBatchTable(batches: readonly BatchProgress[]): string {
  const shown = batches.slice(-BATCH_ROWS_MAX);
  const table = formatTable(
    ['Round', 'Batch', 'Phase', 'Requests', 'Succeeded', 'Not'],
    shown.map((batch) => [
      `${batch.round}-${batch.chunk}`,
      batch.id ?? '–',
      batch.phase,
      formatCount(batch.requests),
      formatCount(batch.succeeded),
      formatCount(batch.errored + batch.expired + batch.canceled + batch.missing),
    ])
  );
  const left = batches.length - shown.length;
  return left === 0 ? table : `${plural(left, 'earlier batch')} not shown\n${table}`;
}

/** Without the reasons that need no attention. */
function withoutUsual(reasons: Readonly<Record<string, number>>): Record<string, number> {
  const usual = ['end_turn', 'tool_use', 'stop_sequence'];
  return Object.fromEntries(Object.entries(reasons).filter(([name]) => !usual.includes(name)));
}

function toTally(tally: Readonly<Record<string, number>>): string | null {
  const parts = Object.entries(tally).map(([name, count]) => `${formatCount(count)} ${name}`);
  return parts.length === 0 ? null : parts.join(', ');
}

function inputTokens({ usage }: Report): number {
  return usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens;
}
