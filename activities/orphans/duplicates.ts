/**
 * A second batch of one chunk: the API took a POST whose answer was lost, after it had shown for long that it had not.
 *
 * Nothing a client can do excludes it. It is stopped if it still runs, and its price is said.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { BatchInput, BatchCheck } from '../../src/contract/activities';
import { isMessageBatchFailure } from '../../src/contract/failures';
import { LINE_BYTES_MAX } from '../../src/contract/limits';
import { parseUsage } from '../../src/core/collect/usage';
import { costPicoUsd, toNanoUsd } from '../../src/core/money/cost';
import { chunkFiles } from '../../src/records/job-files';
import { readDuplicateRecord, type DuplicateRecord } from '../../src/records/orphan-records';
import { toRecordText } from '../../src/records/record-text';
import { readLines } from '../../src/store/lines';
import type { Store } from '../../src/store/store';
import { batchPath, RESULTS_START_MS_MAX, retrieveBatch, totalOf } from '../api/batch-answer';
import { callJson, openDownload, type Caller } from '../api/call-api';
import { readIntents } from '../submissions/intents';
import { findCandidates, toLostPost } from './candidates';

const DOWNLOAD_MS_MAX = 30 * 60_000;
/** How often results are read that do not come whole. */
const READS_MAX = 3;

/**
 * A last look before a chunk is collected: a batch that the list hid for longer than `lostAnswerWait` may have shown up. One
 * that still runs can't be told from another's, and is left alone.
 */
export async function recordLateDuplicates(
  store: Store,
  caller: Caller,
  input: BatchInput,
  { requests, prefix, heartbeat }: LateLook
): Promise<void> {
  const intents = await readIntents(store, input);
  const posts = intents.filter(({ end }) => end?.end === 'absent').map(toLostPost);
  if (posts.length === 0) return;
  // However late: nothing waits for what this look finds.
  const search = { store, chunk: input, caller, requests, posts, lateMs: Infinity, prefix };
  const { candidates } = await findCandidates(search, heartbeat);
  for (const { batchId, createdAtMs, proof } of candidates) {
    if (proof !== 'ours' || batchId === input.batchId) continue;
    await recordDuplicate(store, caller, { ...input, batchId, createdAtMs, requests }, heartbeat);
  }
}

interface LateLook {
  readonly requests: number;
  /** What the wire ids of the chunk begin with. */
  readonly prefix: string;
  readonly heartbeat: (details: unknown) => void;
}

export interface Duplicate extends BatchInput {
  readonly createdAtMs: number;
  readonly requests: number;
}

/** Stops a duplicate, finds out what it costs, and writes it down. One that somebody has deleted has no known cost. */
export async function recordDuplicate(
  store: Store,
  caller: Caller,
  { createdAtMs, requests, ...input }: Duplicate,
  heartbeat: (details: unknown) => void
): Promise<void> {
  const { batchId } = input;
  const key = chunkFiles(input.jobId, input).duplicate(batchId);
  const known = await readDuplicateRecord(store, key);
  if (known !== undefined && known.cost_nano_usd !== null) return;
  const record: DuplicateRecord = {
    batch_id: batchId,
    created_at: new Date(createdAtMs).toISOString(),
    requests,
    cost_nano_usd: await stopAndPrice(caller, batchId, heartbeat),
  };
  await store.write(key, toRecordText(record));
}

async function stopAndPrice(
  caller: Caller,
  batchId: string,
  heartbeat: (details: unknown) => void
): Promise<string | null> {
  try {
    const check = await retrieveBatch(caller, batchId);
    if (check.status === 'in_progress') {
      const what = `the cancellation of the duplicate ${batchId}`;
      const path = batchPath(batchId, '/cancel');
      await callJson(caller, { method: 'post', path, what, batchId });
    }
    return await costOf(caller, batchId, check, heartbeat);
  } catch (error) {
    if (isMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) return null;
    throw error;
  }
}

/** @returns null when it is not known: the batch still runs, or its results or a model's price are not to be had. */
async function costOf(
  caller: Caller,
  batchId: string,
  check: BatchCheck,
  heartbeat: (details: unknown) => void
): Promise<string | null> {
  if (check.status !== 'ended') return null;
  for (let reads = 1; reads <= READS_MAX; reads++) {
    const { lines, picoUsd } = await readCost(caller, batchId, heartbeat);
    // Half a file is half a price.
    if (lines === totalOf(check)) return picoUsd === null ? null : toNanoUsd(picoUsd).toString();
  }
  return null;
}

/** Adds up what the results say, as far as they come. */
async function readCost(
  caller: Caller,
  batchId: string,
  heartbeat: (details: unknown) => void
): Promise<{ readonly lines: number; readonly picoUsd: bigint | null }> {
  const context = Context.current();
  const what = `the results of the duplicate ${batchId}`;
  const call = {
    method: 'get',
    path: batchPath(batchId, '/results'),
    what,
    batchId,
    timeoutMs: RESULTS_START_MS_MAX,
  } as const;
  const signal = AbortSignal.any([
    context.cancellationSignal,
    AbortSignal.timeout(DOWNLOAD_MS_MAX),
  ]);
  const body = await openDownload(caller, call, signal).then((response) => response.body, noBody);
  let count = 0;
  let picoUsd: bigint | null = 0n;
  try {
    const source = (body ?? []) as AsyncIterable<Uint8Array>;
    for await (const lines of readLines(source, { lineBytesMax: LINE_BYTES_MAX })) {
      for (const { bytes } of lines) {
        const cost = costOfLine(bytes);
        picoUsd = cost === null || picoUsd === null ? null : picoUsd + cost;
      }
      count += lines.length;
      heartbeat({ duplicate: batchId });
    }
  } catch {
    // The connection broke off, or the Activity is canceled: that looks alike.
    if (context.cancellationSignal.aborted) await context.cancelled;
  }
  return { lines: count, picoUsd };
}

/** Results that are not there, or not any more, are no reason to wait with the job's own. */
function noBody(error: unknown): null {
  const isGone =
    isMessageBatchFailure(error, 'MessageBatch.BatchNotFound') ||
    isMessageBatchFailure(error, 'MessageBatch.Refused');
  if (isGone) return null;
  throw error;
}

function costOfLine(line: Buffer): bigint | null {
  try {
    const { result } = JSON.parse(line.toString('utf8')) as {
      result?: { message?: { model?: unknown; usage?: Record<string, unknown> } };
    };
    const message = result?.message;
    // Only succeeded requests are billed, and only they have a message.
    if (message === undefined) return 0n;
    return costPicoUsd(message.model, parseUsage(message.usage), message.usage?.['inference_geo']);
  } catch {
    return null;
  }
}
