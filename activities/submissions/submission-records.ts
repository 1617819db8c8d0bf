/**
 * What the store knows about the submissions of one chunk, and how it is written.
 *
 * Intents are only added and closed, never changed: whoever reads them at whatever moment sees every POST that may have
 * gone out before it.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { ChunkName } from '../../src/contract/names';
import type { Submission } from '../../src/contract/activities';
import { batchOwnerFile, chunkFiles } from '../../src/records/job-files';
import { toRecordText } from '../../src/records/record-text';
import {
  readBatchRecord,
  readChunkRecord,
  readIntentCutRecord,
  readIntentEndRecord,
  readIntentRecord,
  type BatchRecord,
  type ChunkRecord,
  type IntentCutRecord,
  type IntentEndRecord,
  type IntentRecord,
  type OwnerRecord,
} from '../../src/records/records';
import { failure } from '../../src/contract/failures';
import { BATCH_LIFETIME_MS } from '../../src/contract/limits';
import type { Store } from '../../src/store/store';

/** One chunk of one job. */
export interface ChunkOfJob extends ChunkName {
  readonly jobId: string;
}

export interface Intent {
  readonly name: string;
  readonly record: IntentRecord;
  /** When its socket was closed without an answer, counted from its API time; null where the attempt vanished. */
  readonly cutAfterMs: number | null;
}

/** How a chunk's submission stands in the store. */
export type Standing =
  | { readonly state: 'submitted'; readonly batch: BatchRecord }
  /** Intents without a known end, by name: the earliest first. */
  | { readonly state: 'open'; readonly intents: readonly Intent[] }
  | { readonly state: 'none' };

/** A full disk is mended, or an S3 bucket answers again, within seconds or not at all. */
const WRITE_RETRY_DELAYS_MS = [100, 400, 1500];

/** @throws ApplicationFailure `MessageBatch.BadReference` when the chunk was never written down. */
export async function readChunk(store: Store, name: ChunkOfJob): Promise<ChunkRecord> {
  const record = await readChunkRecord(store, chunkFiles(name.jobId, name).chunk);
  if (record !== undefined) return record;
  throw failure(
    'MessageBatch.BadReference',
    `The store holds no chunk ${name.round}-${name.chunk} of the job ${name.jobId}.`
  );
}

/**
 * Reads how the submission of a chunk stands.
 *
 * @param own - Name of an intent to leave out: the caller's.
 */
export async function readStanding(
  store: Store,
  name: ChunkOfJob,
  own?: string
): Promise<Standing> {
  const files = chunkFiles(name.jobId, name);
  const batch = await readBatchRecord(store, files.batch);
  if (batch !== undefined) return { state: 'submitted', batch };
  const open: Intent[] = [];
  for (const intent of await listIntents(store, name)) {
    if (intent === own) continue;
    const end = await readIntentEndRecord(store, files.intentEnd(intent));
    if (end !== undefined && end.end !== 'accepted') continue;
    const found = await readIntent(store, name, intent);
    if (found === undefined) continue;
    if (end?.batch_id === undefined) open.push(found);
    else {
      const batch = toBatchRecord(intent, found.record, end.batch_id, end.at);
      return { state: 'submitted', batch };
    }
  }
  return open.length > 0 ? { state: 'open', intents: open } : { state: 'none' };
}

/** Intents whose POST is held to have made nothing, since no list showed a batch of it for long enough. */
export async function readAbsentIntents(store: Store, name: ChunkOfJob): Promise<Intent[]> {
  const files = chunkFiles(name.jobId, name);
  const absent: Intent[] = [];
  for (const intent of await listIntents(store, name)) {
    const end = await readIntentEndRecord(store, files.intentEnd(intent));
    if (end?.end !== 'absent') continue;
    const found = await readIntent(store, name, intent);
    if (found !== undefined) absent.push(found);
  }
  return absent;
}

async function readIntent(
  store: Store,
  name: ChunkOfJob,
  intent: string
): Promise<Intent | undefined> {
  const files = chunkFiles(name.jobId, name);
  const record = await readIntentRecord(store, files.intent(intent));
  if (record === undefined) return undefined;
  const cut = await readIntentCutRecord(store, files.intentCut(intent));
  return { name: intent, record, cutAfterMs: cut?.after_ms ?? null };
}

export function toSubmission(standing: Standing, requests: number): Submission {
  switch (standing.state) {
    case 'submitted': {
      const { batch_id: batchId, created_at: createdAt, expires_at: expiresAt } = standing.batch;
      return { state: 'submitted', batchId, createdAt, expiresAt, requests };
    }
    case 'open':
      return {
        state: 'unknown',
        requests,
        intents: standing.intents.map(({ name }) => name),
        since: earliestApiTime(standing.intents),
      };
    case 'none':
      return { state: 'none', requests };
  }
}

/** The API's time before the earliest of some POSTs. */
export function earliestApiTime(intents: readonly Intent[]): string {
  const times = intents.map(({ record }) => record.api_time);
  return times.reduce((earliest, time) =>
    Date.parse(time) < Date.parse(earliest) ? time : earliest
  );
}

/** Writes an intent under a name that no other attempt has; names sort by time, as far as clocks agree. */
export async function openIntent(
  store: Store,
  name: ChunkOfJob,
  record: IntentRecord
): Promise<string> {
  const time = record.api_time.replace(/[^0-9]/g, '').slice(0, 14);
  const intent = `${time}-${randomBytes(8).toString('hex')}`;
  await store.write(chunkFiles(name.jobId, name).intent(intent), toRecordText(record));
  return intent;
}

/** Whether an intent is still without an end: a person may have closed it as `absent` in the meantime. */
export async function isOpen(store: Store, name: ChunkOfJob, intent: string): Promise<boolean> {
  const end = await readIntentEndRecord(store, chunkFiles(name.jobId, name).intentEnd(intent));
  return end === undefined;
}

/**
 * Writes down how an intent ended, trying a few times.
 *
 * @returns false when the store could not be written. The intent then stays open, which costs time and never money.
 */
export async function closeIntent(
  store: Store,
  name: ChunkOfJob,
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
  return tryWrite(store, chunkFiles(name.jobId, name).intentEnd(intent), record);
}

/** Writes down when the socket of a POST without an answer was closed: from then on nothing of it can reach the API. */
export async function recordCut(
  store: Store,
  name: ChunkOfJob,
  intent: string,
  afterMs: number
): Promise<void> {
  const record: IntentCutRecord = { after_ms: Math.ceil(afterMs) };
  // Without it the intent's deadline counts, which is later.
  await tryWrite(store, chunkFiles(name.jobId, name).intentCut(intent), record);
}

/** Writes down the batch of a chunk, trying a few times. @returns false when the store could not be written. */
export async function recordBatch(
  store: Store,
  name: ChunkOfJob,
  batch: Omit<BatchRecord, 'recorded_at'>
): Promise<boolean> {
  const record: BatchRecord = { ...batch, recorded_at: new Date().toISOString() };
  await tryWrite(store, batchOwnerFile(batch.batch_id), ownerRecord(name));
  return tryWrite(store, chunkFiles(name.jobId, name).batch, record);
}

/**
 * Writes down the batch of a chunk if that failed when it was accepted.
 *
 * @throws ApplicationFailure `MessageBatch.StoreUnavailable`.
 */
export async function ensureBatchRecord(
  store: Store,
  name: ChunkOfJob,
  batchId: string,
  { createdAt, expiresAt }: { readonly createdAt: string; readonly expiresAt: string }
): Promise<void> {
  const files = chunkFiles(name.jobId, name);
  if ((await readBatchRecord(store, files.batch)) !== undefined) return;
  const record: BatchRecord = {
    batch_id: batchId,
    created_at: createdAt,
    expires_at: expiresAt,
    intent: (await findIntentOf(store, name, batchId)) ?? '',
    recorded_at: new Date().toISOString(),
  };
  await store.write(batchOwnerFile(batchId), toRecordText(ownerRecord(name)));
  await store.write(files.batch, toRecordText(record));
}

/** Closes intents, all of them or with a failure. */
export async function closeAll(
  store: Store,
  name: ChunkOfJob,
  intents: readonly Intent[],
  end: 'absent'
): Promise<void> {
  for (const { name: intent } of intents) {
    if (await closeIntent(store, name, intent, end)) continue;
    throw failure('MessageBatch.StoreUnavailable', 'The end of a submission could not be written.');
  }
}

/** Writes down that a batch is what one of the open intents made; the others made nothing. */
export async function adoptBatch(
  store: Store,
  name: ChunkOfJob,
  { intents, batchId, check, requests }: Adoption
): Promise<Extract<Submission, { state: 'submitted' }>> {
  const { createdAt, expiresAt } = check;
  const intent = intents[0]?.name ?? '';
  const record = { batch_id: batchId, created_at: createdAt, expires_at: expiresAt, intent };
  if (!(await recordBatch(store, name, record))) {
    throw failure('MessageBatch.StoreUnavailable', 'The batch could not be written down.');
  }
  // Of several open intents one POST made the batch; a chunk has one POST at a time, so the others sent nothing.
  await closeIntent(store, name, intent, 'accepted', batchId);
  await closeAll(store, name, intents.slice(1), 'absent');
  return { state: 'submitted', batchId, createdAt, expiresAt, requests };
}

export interface Adoption {
  readonly intents: readonly Intent[];
  readonly batchId: string;
  readonly check: { readonly createdAt: string; readonly expiresAt: string };
  readonly requests: number;
}

function ownerRecord({ jobId, round, chunk }: ChunkOfJob): OwnerRecord {
  return { job_id: jobId, round, chunk };
}

async function findIntentOf(
  store: Store,
  name: ChunkOfJob,
  batchId: string
): Promise<string | null> {
  const files = chunkFiles(name.jobId, name);
  const intents = await listIntents(store, name);
  for (const intent of intents) {
    const end = await readIntentEndRecord(store, files.intentEnd(intent));
    if (end?.batch_id === batchId) return intent;
  }
  return intents.at(-1) ?? null;
}

async function listIntents(store: Store, name: ChunkOfJob): Promise<string[]> {
  const { intents } = chunkFiles(name.jobId, name);
  const keys = await store.list(intents);
  return keys
    .map((key) => key.slice(intents.length + 1))
    .filter((file) => /^[^.]+\.json$/.test(file))
    .map((file) => file.slice(0, -'.json'.length));
}

/** What is known of a batch whose own record could not be written; the next look at it writes the API's times. */
function toBatchRecord(
  intent: string,
  { api_time: createdAt }: IntentRecord,
  batchId: string,
  recordedAt: string
): BatchRecord {
  const expiresAt = new Date(Date.parse(createdAt) + BATCH_LIFETIME_MS).toISOString();
  return {
    batch_id: batchId,
    created_at: createdAt,
    expires_at: expiresAt,
    intent,
    recorded_at: recordedAt,
  };
}

async function tryWrite(store: Store, key: string, record: object): Promise<boolean> {
  for (const delayMs of [...WRITE_RETRY_DELAYS_MS, null]) {
    try {
      await store.write(key, toRecordText(record));
      return true;
    } catch {
      if (delayMs === null) break;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
  return false;
}
