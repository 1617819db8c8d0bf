/**
 * A second batch of one chunk: the API delivered a POST so late that the chunk had already been submitted again.
 *
 * No client can prevent this. The duplicate is canceled if it is still running, and its cost is reported.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { BatchCheck, BatchInput } from '../../src/contract/activities';
import { isMessageBatchFailure } from '../../src/contract/failures';
import { LINE_BYTES_MAX } from '../../src/contract/limits';
import { toNanoUsd } from '../../src/core/money/cost';
import { costOfMessage } from '../../src/core/money/message-cost';
import { chunkFiles } from '../../src/records/job-files';
import { readDuplicateRecord, type DuplicateRecord } from '../../src/records/orphan-records';
import { toRecordText } from '../../src/records/record-text';
import { readLines } from '../../src/store/lines';
import type { Store } from '../../src/store/store';
import { retrieveBatch, totalOf } from '../api/batch-answer';
import type { Caller } from '../api/call-api';
import { cancelBatch } from '../api/cancel-batch';
import type { ListedBatch } from '../api/list-batches';
import { openResults } from '../api/open-results';
import { knownBaseline, readIntents } from '../submissions/intents';
import { findCandidates } from './candidates';

const DOWNLOAD_MS_MAX = 30 * 60_000;
/** How often results are read that arrive incomplete. */
const READS_MAX = 3;

type Heartbeat = (details: unknown) => void;

export interface LateSearch {
  readonly requests: number;
  /** What the wire ids of the chunk begin with. */
  readonly prefix: string;
  readonly heartbeat: Heartbeat;
}

/**
 * Searches for duplicates a last time before a chunk is collected: the list may have hidden a batch for longer than
 * `lostAnswerWait`.
 *
 * A batch that is still running cannot be told from one of another job, so it is left alone.
 */
export async function recordLateDuplicates(
  store: Store,
  caller: Caller,
  input: BatchInput,
  { requests, prefix, heartbeat }: LateSearch
): Promise<void> {
  const intents = await readIntents(store, input);
  if (!intents.some(({ end }) => end?.end === 'absent')) return;
  const search = {
    store,
    chunk: input,
    caller,
    baseline: knownBaseline(intents),
    late: true,
    prefix,
    // Nothing is paid for after this search. Only final counts can rule a batch out, and then no results are read.
    isWorthReading: ({ ended, total }: ListedBatch) => ended && (total === requests || total === 0),
  };
  const { candidates } = await findCandidates(search, heartbeat);
  for (const { batchId, createdAtMs, proof } of candidates) {
    if (proof !== 'ours' || batchId === input.batchId) continue;
    await recordDuplicate(store, caller, { ...input, batchId, createdAtMs, requests }, heartbeat);
  }
}

export interface Duplicate extends BatchInput {
  readonly createdAtMs: number;
  readonly requests: number;
}

/** Cancels a duplicate, finds out what it costs, and records it. The cost of a deleted duplicate is unknown. */
export async function recordDuplicate(
  store: Store,
  caller: Caller,
  { createdAtMs, requests, ...input }: Duplicate,
  heartbeat: Heartbeat
): Promise<void> {
  const { batchId } = input;
  const key = chunkFiles(input.jobId, input).duplicate(batchId);
  const known = await readDuplicateRecord(store, key);
  if (known !== undefined && known.cost_nano_usd !== null) return;
  const record: DuplicateRecord = {
    batch_id: batchId,
    created_at: new Date(createdAtMs).toISOString(),
    requests,
    cost_nano_usd: await cancelAndPrice(caller, batchId, heartbeat),
  };
  await store.write(key, toRecordText(record));
}

async function cancelAndPrice(
  caller: Caller,
  batchId: string,
  heartbeat: Heartbeat
): Promise<string | null> {
  try {
    const check = await retrieveBatch(caller, batchId);
    if (check.status === 'in_progress') await cancelBatch(caller, batchId);
    return await costOf(caller, batchId, check, heartbeat);
  } catch (error) {
    if (isMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) return null;
    throw error;
  }
}

/**
 * Adds up what a batch costs.
 *
 * @returns null when the batch is still running, its results cannot be read, or a model's price is unknown.
 */
async function costOf(
  caller: Caller,
  batchId: string,
  check: BatchCheck,
  heartbeat: Heartbeat
): Promise<string | null> {
  if (check.status !== 'ended') return null;
  for (let reads = 1; reads <= READS_MAX; reads++) {
    const { lines, picoUsd } = await readCost(caller, batchId, heartbeat);
    // An incomplete file would give too low a cost.
    if (lines === totalOf(check)) return picoUsd === null ? null : toNanoUsd(picoUsd).toString();
  }
  return null;
}

/** Adds up the cost of the results that arrive. */
async function readCost(
  caller: Caller,
  batchId: string,
  heartbeat: Heartbeat
): Promise<{ readonly lines: number; readonly picoUsd: bigint | null }> {
  const { cancellationSignal, cancelled } = Context.current();
  const signal = AbortSignal.any([cancellationSignal, AbortSignal.timeout(DOWNLOAD_MS_MAX)]);
  const results = await openResults(caller, batchId, signal);
  // The job's own results do not wait for those of a duplicate.
  if (results.kind !== 'open') return { lines: 0, picoUsd: 0n };
  let count = 0;
  let picoUsd: bigint | null = 0n;
  try {
    for await (const lines of readLines(results.body, { lineBytesMax: LINE_BYTES_MAX })) {
      for (const { bytes } of lines) {
        const cost = costOfLine(bytes);
        picoUsd = cost === null || picoUsd === null ? null : picoUsd + cost;
      }
      count += lines.length;
      heartbeat({ duplicate: batchId });
    }
  } catch {
    // A cancellation and a broken connection cause the same error.
    if (cancellationSignal.aborted) await cancelled;
  }
  return { lines: count, picoUsd };
}

function costOfLine(line: Buffer): bigint | null {
  try {
    const { result } = JSON.parse(line.toString('utf8')) as { result?: { message?: unknown } };
    // Only succeeded requests are billed, and only they have a message.
    return result?.message === undefined ? 0n : costOfMessage(result.message).picoUsd;
  } catch {
    return null;
  }
}
