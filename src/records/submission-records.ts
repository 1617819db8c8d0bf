/**
 * The records of a chunk's submission: attempts, their ends, and the batch.
 *
 * @module
 */
import { readRecord, type RecordSource } from './record-text';

/** `batch.json`: the chunk has a batch. */
export interface BatchRecord {
  readonly batch_id: string;
  readonly created_at: string;
  readonly expires_at: string;
  /** Name of the intent whose POST created it. */
  readonly intent: string;
  readonly recorded_at: string;
}

/** `intents/<name>.json`: one attempt to submit is about to begin. */
export interface IntentRecord {
  /** The API's own time, from the `date` header of a call just before; RFC 3339. */
  readonly api_time: string;
  /** The socket is destroyed this long after the POST began. */
  readonly deadline_ms: number;
  readonly workspace_id: string | null;
  readonly organization_id: string | null;
  readonly requests: number;
  readonly body_sha256: string;
  /**
   * Ids of the newest batches that the API listed before the chunk's first POST; null where the list did not tell.
   *
   * Every later intent of the chunk keeps them. Missing in records that were written before this member existed.
   */
  readonly baseline?: readonly string[] | null;
  readonly started_at: string;
}

/** `intents/<name>.end.json`: how an attempt to submit certainly ended. */
export interface IntentEndRecord {
  readonly end: 'accepted' | 'refused' | 'withdrawn' | 'absent';
  readonly at: string;
  readonly batch_id?: string;
}

/** `intents/<name>.cut.json`: the socket of a POST whose answer was lost is closed. */
export interface IntentCutRecord {
  /** Counted from the intent's `api_time`. */
  readonly after_ms: number;
}

/**
 * `intents/<name>.listed.json`: `lostAnswerWait` was over when the list was read, and what it showed is recorded.
 *
 * A batch that is listed later is not the intent's.
 */
export interface IntentListedRecord {
  readonly listed_at: string;
}

/** `batches/<batch id>.json`, outside the job folders: which chunk owns a batch. */
export interface OwnerRecord {
  readonly job_id: string;
  readonly round: number;
  readonly chunk: number;
}

/** @returns undefined when no batch is recorded. */
export async function readBatchRecord(
  store: RecordSource,
  key: string
): Promise<BatchRecord | undefined> {
  return (await readRecord(store, key, 'batch_id')) as BatchRecord | undefined;
}

/** @returns undefined when there is no such intent. */
export async function readIntentRecord(
  store: RecordSource,
  key: string
): Promise<IntentRecord | undefined> {
  return (await readRecord(store, key, 'api_time')) as IntentRecord | undefined;
}

/** @returns undefined while the intent's end is unknown. */
export async function readIntentEndRecord(
  store: RecordSource,
  key: string
): Promise<IntentEndRecord | undefined> {
  return (await readRecord(store, key, 'end')) as IntentEndRecord | undefined;
}

/** @returns undefined when the attempt vanished, or got an answer. */
export async function readIntentCutRecord(
  store: RecordSource,
  key: string
): Promise<IntentCutRecord | undefined> {
  return (await readRecord(store, key, 'after_ms')) as IntentCutRecord | undefined;
}

/** @returns undefined while a new batch on the list may be the intent's. */
export async function readIntentListedRecord(
  store: RecordSource,
  key: string
): Promise<IntentListedRecord | undefined> {
  return (await readRecord(store, key, 'listed_at')) as IntentListedRecord | undefined;
}

/** @returns undefined when no owner of the batch is recorded in this store. */
export async function readOwnerRecord(
  store: RecordSource,
  key: string
): Promise<OwnerRecord | undefined> {
  return (await readRecord(store, key, 'job_id')) as OwnerRecord | undefined;
}
