import { BATCH_ARCHIVE_MS, BATCH_EXPIRY_MS } from '../../api-shapes/limits';
import type { ScriptedResult } from './scripted-result';
import type { CachedPrefix } from '../requests/params-text';
import { toTimestamp } from '../../api-shapes/timestamps';

/** What the simulator keeps of one request. Its params are gone: a batch may hold 256 MB of them. */
export interface BatchItem {
  readonly customId: string;
  readonly key: string;
  attempt: number;
  /** The id that the API resolves the requested model to. */
  readonly model: string;
  readonly excerpt: string;
  readonly inputTokens: number;
  readonly maxTokens: number;
  readonly inferenceGeo: string;
  readonly prefix: CachedPrefix | null;
  /** Whether the prefix was found in the cache; set when the batch is accepted. */
  isCacheHit: boolean;
  result: ScriptedResult;
  /** Milliseconds from the batch's creation; Infinity for one that never finishes. */
  finishAfterMs: number;
}

/** A Message Batch as stored. Its state is not: that follows from the clock. */
export interface BatchRecord {
  readonly id: string;
  /** Order of acceptance, from 0. */
  readonly sequence: number;
  readonly workspaceId: string;
  readonly createdAtMs: number;
  /** 0 to 999: what the API's clock knows beyond milliseconds. */
  readonly micros: number;
  readonly items: readonly BatchItem[];
  batchTimeMs: number;
  cancelTimeMs: number;
  cancelInitiatedAtMs: number | null;
  /** When a script ended the batch, or null. */
  endedByScriptAtMs: number | null;
  hasLiveCounts: boolean;
  /** Deleted through the API, or made to vanish by a script. */
  isGone: boolean;
  /** Counts every change, so that what was computed before it is not used after it. */
  revision: number;
}

export type ProcessingStatus = 'in_progress' | 'canceling' | 'ended';
export type ResultType = 'succeeded' | 'errored' | 'canceled' | 'expired';
export type RequestCounts = Record<'processing' | ResultType, number>;

/** How a batch will end if nothing more happens to it. */
interface BatchEnd {
  readonly endsAtMs: number;
  /** Requests that finish until then keep their result. */
  readonly keepUntilMs: number;
  readonly isCanceled: boolean;
  readonly counts: RequestCounts;
}

/** The share of the batch time that one request is in flight, at most; a cancel lets such requests finish. Assumed. */
const IN_FLIGHT_SHARE = 1 / 20;

// Counting a hundred thousand results at every read would be most of the simulator's work.
const ends = new WeakMap<BatchRecord, { revision: number; end: BatchEnd }>();

export function expiresAtMs(batch: BatchRecord): number {
  return batch.createdAtMs + BATCH_EXPIRY_MS;
}

/** When the batch ends, epoch milliseconds, if nothing more happens to it. */
export function endsAtMs(batch: BatchRecord): number {
  return endOf(batch).endsAtMs;
}

export function statusAt(batch: BatchRecord, nowMs: number): ProcessingStatus {
  if (nowMs >= endOf(batch).endsAtMs) return 'ended';
  return batch.cancelInitiatedAtMs === null ? 'in_progress' : 'canceling';
}

export function isArchived(batch: BatchRecord, nowMs: number): boolean {
  return nowMs >= batch.createdAtMs + BATCH_ARCHIVE_MS;
}

/** What the results say of a request once the batch has ended. */
export function resultTypeOf(batch: BatchRecord, item: BatchItem): ResultType {
  return resultType(batch, item, endOf(batch));
}

/** When the request finished or would finish, epoch milliseconds; Infinity for never. */
export function finishesAtMs(batch: BatchRecord, item: BatchItem): number {
  const planned =
    item.result.type === 'expired' ? Infinity : batch.createdAtMs + item.finishAfterMs;
  // A script that ends a batch ends its requests too, but for those that never finish.
  if (batch.endedByScriptAtMs === null || planned === Infinity) return planned;
  return Math.min(planned, batch.endedByScriptAtMs);
}

/** Whether the model has answered the request by now: then it is billed. */
export function isExecutedAt(batch: BatchRecord, item: BatchItem, nowMs: number): boolean {
  return finishesAtMs(batch, item) <= nowMs && resultTypeOf(batch, item) === 'succeeded';
}

/** Requests that the model has not finished yet: what a workspace's queue limit counts. */
export function unfinishedAt(batch: BatchRecord, nowMs: number): number {
  return batch.items.length === 0 ? 0 : liveCounts(batch, nowMs).processing;
}

/** The request counts as the API shows them: all `processing` until the end, or live ones where asked for. */
export function countsAt(batch: BatchRecord, nowMs: number): RequestCounts {
  if (statusAt(batch, nowMs) === 'ended') return endOf(batch).counts;
  if (batch.hasLiveCounts) return liveCounts(batch, nowMs);
  return { ...emptyCounts(), processing: batch.items.length };
}

/** The batch as the API answers it, in the field order of the wire. */
export function toMessageBatch(
  batch: BatchRecord,
  nowMs: number,
  origin: string
): Record<string, unknown> {
  const status = statusAt(batch, nowMs);
  const isEnded = status === 'ended';
  const time = (atMs: number): string => toTimestamp(atMs, batch.micros);
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: status,
    request_counts: countsAt(batch, nowMs),
    ended_at: isEnded ? time(endOf(batch).endsAtMs) : null,
    created_at: time(batch.createdAtMs),
    expires_at: time(expiresAtMs(batch)),
    archived_at: isArchived(batch, nowMs) ? time(batch.createdAtMs + BATCH_ARCHIVE_MS) : null,
    cancel_initiated_at:
      batch.cancelInitiatedAtMs === null ? null : time(batch.cancelInitiatedAtMs),
    // Assumed: an archived batch keeps its URL, though it downloads nothing.
    results_url: isEnded ? `${origin}/v1/messages/batches/${batch.id}/results` : null,
  };
}

function endOf(batch: BatchRecord): BatchEnd {
  const known = ends.get(batch);
  if (known?.revision === batch.revision) return known.end;
  const end = computeEnd(batch);
  ends.set(batch, { revision: batch.revision, end });
  return end;
}

function computeEnd(batch: BatchRecord): BatchEnd {
  let lastFinishMs = batch.createdAtMs + batch.batchTimeMs;
  for (const item of batch.items) lastFinishMs = Math.max(lastFinishMs, finishesAtMs(batch, item));
  const naturalEndMs = Math.min(batch.endedByScriptAtMs ?? lastFinishMs, expiresAtMs(batch));

  const canceledAtMs = batch.cancelInitiatedAtMs;
  const isCanceled = canceledAtMs !== null && canceledAtMs < naturalEndMs;
  // Assumed: a cancel never makes a batch last longer than it would have lasted anyway.
  const endsAt = isCanceled
    ? Math.min(naturalEndMs, canceledAtMs + batch.cancelTimeMs)
    : naturalEndMs;
  const inFlightMs = Math.min(batch.cancelTimeMs, batch.batchTimeMs * IN_FLIGHT_SHARE);
  const keepUntilMs = isCanceled ? Math.min(endsAt, canceledAtMs + inFlightMs) : endsAt;

  const plan = { endsAtMs: endsAt, keepUntilMs, isCanceled };
  const counts = emptyCounts();
  for (const item of batch.items) counts[resultType(batch, item, plan)] += 1;
  return { ...plan, counts };
}

function resultType(
  batch: BatchRecord,
  item: BatchItem,
  end: Pick<BatchEnd, 'keepUntilMs' | 'isCanceled'>
): ResultType {
  if (finishesAtMs(batch, item) <= end.keepUntilMs) return item.result.type;
  return end.isCanceled ? 'canceled' : 'expired';
}

function liveCounts(batch: BatchRecord, nowMs: number): RequestCounts {
  const end = endOf(batch);
  const hasEnded = nowMs >= end.endsAtMs;
  const counts = emptyCounts();
  for (const item of batch.items) {
    const finishedAtMs = finishesAtMs(batch, item);
    const isFinished = hasEnded || (finishedAtMs <= nowMs && finishedAtMs <= end.keepUntilMs);
    counts[isFinished ? resultType(batch, item, end) : 'processing'] += 1;
  }
  return counts;
}

function emptyCounts(): RequestCounts {
  return { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
}
