/**
 * A Message Batch as the API describes it, checked: anything undocumented fails, except for a new status.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/common';
import type { BatchCheck } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import { safeName } from '../../src/core/collect/outcome';
import { BATCHES_PATH, callJson, type Caller } from './call-api';
import { unexpectedAnswer, type CallContext } from './http-failures';

const STATUSES = ['in_progress', 'canceling', 'ended'] as const;
/** What is safe in a path. The API only documents that an id's format and length may change. */
const BATCH_ID_PATTERN = /^[A-Za-z0-9_-]{1,200}$/;

export function isBatchId(id: unknown): id is string {
  return typeof id === 'string' && BATCH_ID_PATTERN.test(id);
}

/** The path of a batch, or of something below it. */
export function batchPath(batchId: string, below = ''): string {
  if (!isBatchId(batchId)) {
    throw failure(
      'MessageBatch.Refused',
      'The id of the batch contains characters that no id has.'
    );
  }
  return `${BATCHES_PATH}/${batchId}${below}`;
}

/** Asks for the status of a batch. @throws ApplicationFailure `MessageBatch.BatchNotFound` (retryable) on 404. */
export async function retrieveBatch(caller: Caller, batchId: string): Promise<BatchCheck> {
  const path = batchPath(batchId);
  const context = { what: `the status of batch ${batchId}`, batchId };
  const { body } = await callJson(caller, { method: 'get', path, ...context });
  return parseBatch(body, context).check;
}

/** The total of a batch's requests: the counts always add up to it. */
export function totalOf({ counts }: BatchCheck): number {
  return counts.processing + counts.succeeded + counts.errored + counts.expired + counts.canceled;
}

/**
 * Reads a Message Batch.
 *
 * @param context.batchId - The id that it must have, when one is known.
 * @throws ApplicationFailure `MessageBatch.UnexpectedAnswer`, naming the member that is not as documented.
 */
export function parseBatch(
  body: unknown,
  context: CallContext
): { readonly batchId: string; readonly check: BatchCheck } {
  const wrong = (member: string): ApplicationFailure =>
    unexpectedAnswer(context, `${member} is not as documented`);
  if (typeof body !== 'object' || body === null) throw wrong('the batch');
  const batch = body as Record<string, unknown>;
  const { id, type } = batch;
  if (type !== 'message_batch') throw wrong('type');
  if (!isBatchId(id)) throw wrong('id');
  if (context.batchId !== undefined && id !== context.batchId) {
    throw unexpectedAnswer(context, 'with another batch');
  }
  const { processing_status: given } = batch;
  if (typeof given !== 'string') throw wrong('processing_status');
  const status = STATUSES.find((known) => known === given);
  const time = (member: string): string => readTime(batch[member]) ?? fail(wrong(member));
  const maybeTime = (member: string): string | null =>
    batch[member] === null || batch[member] === undefined ? null : time(member);
  const check: BatchCheck = {
    ...(status === undefined ? { status: 'unknown', unknownStatus: safeName(given) } : { status }),
    createdAt: time('created_at'),
    expiresAt: time('expires_at'),
    endedAt: maybeTime('ended_at'),
    archivedAt: maybeTime('archived_at'),
    counts: parseCounts(batch['request_counts']) ?? fail(wrong('request_counts')),
  };
  return { batchId: id, check };
}

/**
 * Reads the answer to our own create call.
 *
 * An id is enough: servers and gateways may fill in everything else later.
 *
 * @returns null when the answer names no batch. Times that it lacks are null.
 */
export function parseCreated(body: unknown): {
  readonly batchId: string;
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
} | null {
  if (typeof body !== 'object' || body === null) return null;
  const { id, type, created_at: created, expires_at: expires } = body as Record<string, unknown>;
  if (type !== 'message_batch' || !isBatchId(id)) return null;
  return { batchId: id, createdAt: readTime(created), expiresAt: readTime(expires) };
}

function parseCounts(counts: unknown): BatchCheck['counts'] | null {
  if (typeof counts !== 'object' || counts === null) return null;
  const { processing, succeeded, errored, expired, canceled } = counts as Record<string, unknown>;
  const isCount = (count: unknown): count is number =>
    Number.isSafeInteger(count) && Number(count) >= 0;
  return isCount(processing) &&
    isCount(succeeded) &&
    isCount(errored) &&
    isCount(expired) &&
    isCount(canceled)
    ? { processing, succeeded, errored, expired, canceled }
    : null;
}

/** Reads a time in the API's two spellings: `…:40.141141+00:00` and `…Z`. @returns null when it is no time. */
export function readTime(value: unknown): string | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

function fail(error: Error): never {
  throw error;
}
