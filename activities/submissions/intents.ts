/**
 * Intents: each attempt to submit a chunk writes one before it sends anything, and closes it when its end is known.
 *
 * An intent is only added and closed, never changed. So a read at any moment sees every POST that may have been sent
 * before it.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { failure } from '../../src/contract/failures';
import { commonBaseline } from '../../src/core/reconcile/new-batches';
import { chunkFiles, type ChunkOfJob } from '../../src/records/job-files';
import { toRecordText } from '../../src/records/record-text';
import {
  readIntentCutRecord,
  readIntentEndRecord,
  readIntentListedRecord,
  readIntentRecord,
  type IntentCutRecord,
  type IntentEndRecord,
  type IntentListedRecord,
  type IntentRecord,
} from '../../src/records/submission-records';
import type { Store } from '../../src/store/store';
import { tryWriteRecord } from './try-write-record';

export interface Intent {
  readonly name: string;
  readonly record: IntentRecord;
  /** Whether its socket is known to be closed; false where the attempt vanished. */
  readonly socketClosed: boolean;
}

export interface IntentWithEnd extends Intent {
  /** Null while the end is not known. */
  readonly end: IntentEndRecord | null;
}

/** Reads every intent of a chunk, the earliest first, each with its end. */
export async function readIntents(store: Store, chunk: ChunkOfJob): Promise<IntentWithEnd[]> {
  const files = chunkFiles(chunk.jobId, chunk);
  const intents: IntentWithEnd[] = [];
  for (const name of await listIntents(store, files.intents)) {
    const end = await readIntentEndRecord(store, files.intentEnd(name));
    const record = await readIntentRecord(store, files.intent(name));
    if (record === undefined) continue;
    const cut = await readIntentCutRecord(store, files.intentCut(name));
    intents.push({ name, record, socketClosed: cut !== undefined, end: end ?? null });
  }
  return intents;
}

/** The API's time before the earliest of some POSTs. */
export function earliestApiTime(intents: readonly Intent[]): string {
  const times = intents.map(({ record }) => record.api_time);
  return times.reduce((earliest, time) =>
    Date.parse(time) < Date.parse(earliest) ? time : earliest
  );
}

/**
 * Finds the batches that the API listed before a chunk's first POST: those of its earlier intents.
 *
 * @param newest - What the list shows now, for the chunk's first intent.
 * @returns null when the list did not tell.
 */
export async function baselineOf(
  store: Store,
  chunk: ChunkOfJob,
  newest: readonly string[] | null
): Promise<readonly string[] | null> {
  const intents = await readIntents(store, chunk);
  return intents.length === 0 ? newest : knownBaseline(intents);
}

/** What every intent of a chunk says was listed before its first POST. */
export function knownBaseline(intents: readonly Intent[]): readonly string[] | null {
  return commonBaseline(intents.map(({ record }) => record.baseline ?? null));
}

/** Writes an intent under a name that no other attempt has; names sort by time, as far as clocks agree. */
export async function openIntent(
  store: Store,
  chunk: ChunkOfJob,
  record: IntentRecord
): Promise<string> {
  const time = record.api_time.replace(/[^0-9]/g, '').slice(0, 14);
  const name = `${time}-${randomBytes(8).toString('hex')}`;
  await store.write(chunkFiles(chunk.jobId, chunk).intent(name), toRecordText(record));
  return name;
}

/** Whether an intent has no end yet: an operator may have closed it as `absent` in the meantime. */
export async function isOpen(store: Store, chunk: ChunkOfJob, intent: string): Promise<boolean> {
  const end = await readIntentEndRecord(store, chunkFiles(chunk.jobId, chunk).intentEnd(intent));
  return end === undefined;
}

/**
 * Records how an intent ended, trying a few times.
 *
 * @returns false when the store could not be written. The intent then stays open, which costs time and never money.
 */
export async function closeIntent(
  store: Store,
  chunk: ChunkOfJob,
  intent: string,
  end: IntentEndRecord['end'],
  batchId?: string
): Promise<boolean> {
  const at = new Date().toISOString();
  const record: IntentEndRecord = {
    end,
    at,
    ...(batchId === undefined ? {} : { batch_id: batchId }),
  };
  return tryWriteRecord(store, chunkFiles(chunk.jobId, chunk).intentEnd(intent), record);
}

/**
 * Closes intents whose POST created no batch.
 *
 * @throws ApplicationFailure `MessageBatch.StoreUnavailable` (retryable) when one of them could not be closed.
 */
export async function closeIntentsAsAbsent(
  store: Store,
  chunk: ChunkOfJob,
  intents: readonly Intent[]
): Promise<void> {
  for (const { name } of intents) {
    if (await closeIntent(store, chunk, name, 'absent')) continue;
    throw failure(
      'MessageBatch.StoreUnavailable',
      'The end of a submission could not be written to the store.'
    );
  }
}

/** Records when the socket of a POST without an answer was closed: after that, nothing of it can reach the API. */
export async function recordSocketClosed(
  store: Store,
  chunk: ChunkOfJob,
  intent: string,
  afterMs: number
): Promise<void> {
  const record: IntentCutRecord = { after_ms: Math.ceil(afterMs) };
  // Without this record the intent's deadline counts, which is later.
  await tryWriteRecord(store, chunkFiles(chunk.jobId, chunk).intentCut(intent), record);
}

/** Records that the list was read after `lostAnswerWait`, when every candidate that it showed was recorded. */
export async function recordListed(
  store: Store,
  chunk: ChunkOfJob,
  intents: readonly Intent[]
): Promise<void> {
  const record: IntentListedRecord = { listed_at: new Date().toISOString() };
  const files = chunkFiles(chunk.jobId, chunk);
  // Without this record a later search also waits for batches that are listed later.
  for (const { name } of intents) await tryWriteRecord(store, files.intentListed(name), record);
}

/** Whether {@link recordListed} has recorded all of these intents. */
export async function wereListed(
  store: Store,
  chunk: ChunkOfJob,
  intents: readonly Intent[]
): Promise<boolean> {
  const files = chunkFiles(chunk.jobId, chunk);
  for (const { name } of intents) {
    const listed = await readIntentListedRecord(store, files.intentListed(name));
    if (listed === undefined) return false;
  }
  return true;
}

async function listIntents(store: Store, folder: string): Promise<string[]> {
  const keys = await store.list(folder);
  return keys
    .map((key) => key.slice(folder.length + 1))
    .filter((file) => /^[^.]+\.json$/.test(file))
    .map((file) => file.slice(0, -'.json'.length));
}
