/**
 * A second batch of one chunk: the API took a POST whose answer was lost, after it had shown for long that it had not.
 *
 * Nothing a client can do excludes it. It is stopped if it still runs, and its price is said.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { BatchInput, BatchCheck } from '../src/contract';
import { costPicoUsd, toNanoUsd } from '../src/core/cost';
import { chunkFiles } from '../src/core/job-files';
import { toRecordText } from '../src/store/record-text';
import { type DuplicateRecord } from '../src/store/records';
import { parseUsage } from '../src/core/usage';
import { isMessageBatchFailure } from '../src/errors';
import { LINE_BYTES_MAX } from '../src/limits';
import { readLines } from '../src/store/lines';
import type { Store } from '../src/store/store';
import { batchPath, retrieveBatch, totalOf } from './batch-answer';
import { callJson, openDownload, type Caller } from './call-api';
import { findCandidates, toPost } from './candidates';
import { readAbsentIntents } from './submission-records';

const DOWNLOAD_MS_MAX = 30 * 60_000;
/** How often results are read that do not come whole. */
const READS_MAX = 3;

/**
 * A last look before a chunk is collected: a batch that the list hid for longer than `orphanWait` may have shown up. One
 * that still runs can't be told from another's, and is left alone.
 */
export async function recordLateDuplicates(
  store: Store,
  caller: Caller,
  input: BatchInput,
  { requests, prefix, heartbeat }: LateLook
): Promise<void> {
  const posts = (await readAbsentIntents(store, input)).map(toPost);
  if (posts.length === 0) return;
  const search = { store, chunk: input, caller, requests, posts, prefix };
  const { candidates } = await findCandidates(search, heartbeat);
  for (const { batchId, proof, lost } of candidates) {
    if (proof !== 'ours' || lost || batchId === input.batchId) continue;
    await recordDuplicate(store, caller, { ...input, batchId }, heartbeat);
  }
}

interface LateLook {
  readonly requests: number;
  /** What the wire ids of the chunk begin with. */
  readonly prefix: string;
  readonly heartbeat: (details: unknown) => void;
}

/** Stops a duplicate, finds out what it costs, and writes it down. */
export async function recordDuplicate(
  store: Store,
  caller: Caller,
  input: BatchInput,
  heartbeat: (details: unknown) => void
): Promise<void> {
  const { batchId } = input;
  const check = await retrieveBatch(caller, batchId);
  if (check.status === 'in_progress') {
    const what = `the cancellation of the duplicate ${batchId}`;
    await callJson(caller, { method: 'post', path: batchPath(batchId, '/cancel'), what, batchId });
  }
  const record: DuplicateRecord = {
    batch_id: batchId,
    created_at: check.createdAt,
    requests: totalOf(check),
    cost_nano_usd: await costOf(caller, batchId, check, heartbeat),
  };
  const files = chunkFiles(input.jobId, input);
  await store.write(files.duplicate(batchId), toRecordText(record));
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
  const call = { method: 'get', path: batchPath(batchId, '/results'), what, batchId } as const;
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
