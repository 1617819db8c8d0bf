/**
 * The shapes of a job's records in the store, JSON in snake_case (shapes of the contract inside them keep theirs), and
 * how they are read.
 *
 * A record is written whole or not at all, after everything that it speaks of. `uri`s in it are those of the machine
 * that wrote it: read an object by its key from `core/job-files.ts`, and take only length and hash from the reference.
 *
 * @module
 */
import type { Report, ReportUsage, StoreReference } from '../contract/public';
import type { Collected, JobBinding, RoundPlan } from '../contract/activities';
import type { JobIdentity } from '../core/plan/identity';
import type { ResolvedOptions } from '../contract/options';
import type { Store } from '../store/store';
import { readRecord, type RecordSource } from './record-text';

/** `plan.json`: round 1 is whole. */
export interface PlanRecord {
  readonly job_id: string;
  readonly site: JobBinding;
  /** As they were when the job was planned; a later execution may have others in force. */
  readonly options: ResolvedOptions;
  readonly requests: StoreReference;
  readonly requests_key: string;
  /** Defaults for every request's `params`; null when there are none. */
  readonly params: StoreReference | null;
  readonly params_key: string | null;
  readonly ids: StoreReference;
  /** Key of the folder for the three files. */
  readonly output_key: string;
  /** Number of requests. */
  readonly total: number;
  /** Number of chunks of round 1. */
  readonly chunks: number;
}

/** `rounds/<n>.json`, n >= 2: the round's chunks are whole. */
export type RoundRecord = RoundPlan;

/** `rounds/<n>.sources.json`: somebody is making the round. */
export type RoundSourcesRecord = Pick<RoundPlan, 'round' | 'sources'>;

/** `chunk.json`: body and members are whole. */
export interface ChunkRecord {
  readonly requests: number;
  /** The bytes to POST. */
  readonly body: StoreReference;
  /** A {@link MemberLine} for each request of the body, in its order. */
  readonly members: StoreReference;
}

/** A line of `members.jsonl`: position in the input from 0, ascending; number of this submission from 1. */
export type MemberLine = readonly [position: number, attempt: number];

/** A line of `retry.jsonl`: ascending by position; `attempt` is the number of the next submission. */
export type RetryLine = readonly [
  position: number,
  attempt: number,
  kind: 'retry' | 'account' | 'stopped',
];

/** `batch.json`: the API made a batch of the chunk. */
export interface BatchRecord {
  readonly batch_id: string;
  readonly created_at: string;
  readonly expires_at: string;
  /** Name of the intent that it came from. */
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
  readonly started_at: string;
}

/** `intents/<name>.end.json`: how an attempt to submit ended, for certain. */
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

/** `batches/<batch id>.json`, outside of the jobs: who owns a batch. */
export interface OwnerRecord {
  readonly job_id: string;
  readonly round: number;
  readonly chunk: number;
}

/** `candidates/<batch id>.json`: a batch that may be what a POST without an answer made. */
export interface CandidateRecord {
  readonly batch_id: string;
  readonly created_at: string;
  readonly proof: 'ours' | 'foreign' | 'unproven';
}

/** `duplicates/<batch id>.json`: a second batch of the chunk, proven ours. */
export interface DuplicateRecord {
  readonly batch_id: string;
  readonly created_at: string;
  readonly requests: number;
  /** Billionths of a US dollar; null when it is not known. */
  readonly cost_nano_usd: string | null;
}

/** `collected.json`: the outcomes of the chunk are whole. */
export interface CollectedRecord {
  readonly collected: Collected;
  readonly ended_at: string | null;
  /** Summed over the chunk's succeeded requests. */
  readonly usage: ReportUsage;
  readonly stop_reasons: Readonly<Record<string, number>>;
  /** Billionths of a US dollar, a whole number; null when a model's price is not known. */
  readonly cost_nano_usd: string | null;
  readonly outcomes: StoreReference;
  readonly retry: StoreReference;
}

/** @returns undefined when the id stands for nothing yet. */
export async function readIdentity(
  store: RecordSource,
  key: string
): Promise<JobIdentity | undefined> {
  return (await readRecord(store, key, 'input_sha256')) as JobIdentity | undefined;
}

/** @returns undefined when the job is not planned. */
export async function readPlanRecord(
  store: RecordSource,
  key: string
): Promise<PlanRecord | undefined> {
  return (await readRecord(store, key, 'requests_key')) as PlanRecord | undefined;
}

/** @returns undefined when the round is not written down. */
export async function readRoundRecord(
  store: RecordSource,
  key: string
): Promise<RoundRecord | undefined> {
  return (await readRecord(store, key, 'sources')) as RoundRecord | undefined;
}

/** @returns undefined when nobody has begun to make the round. */
export async function readRoundSources(
  store: RecordSource,
  key: string
): Promise<RoundSourcesRecord | undefined> {
  return (await readRecord(store, key, 'sources')) as RoundSourcesRecord | undefined;
}

/** @returns undefined when the chunk is not whole. */
export async function readChunkRecord(
  store: RecordSource,
  key: string
): Promise<ChunkRecord | undefined> {
  return (await readRecord(store, key, 'members')) as ChunkRecord | undefined;
}

/** @returns undefined when no batch is known. */
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

/** @returns undefined when the intent's end is not known. */
export async function readIntentEndRecord(
  store: RecordSource,
  key: string
): Promise<IntentEndRecord | undefined> {
  return (await readRecord(store, key, 'end')) as IntentEndRecord | undefined;
}

/** @returns undefined when the attempt vanished, or has another end. */
export async function readIntentCutRecord(
  store: RecordSource,
  key: string
): Promise<IntentCutRecord | undefined> {
  return (await readRecord(store, key, 'after_ms')) as IntentCutRecord | undefined;
}

/** @returns undefined when no job of this store is known to own the batch. */
export async function readOwnerRecord(
  store: RecordSource,
  key: string
): Promise<OwnerRecord | undefined> {
  return (await readRecord(store, key, 'job_id')) as OwnerRecord | undefined;
}

/** @returns undefined when the batch was never a candidate. */
export async function readCandidateRecord(
  store: RecordSource,
  key: string
): Promise<CandidateRecord | undefined> {
  return (await readRecord(store, key, 'proof')) as CandidateRecord | undefined;
}

/** @returns undefined when there is none. */
export async function readDuplicateRecord(
  store: RecordSource,
  key: string
): Promise<DuplicateRecord | undefined> {
  return (await readRecord(store, key, 'cost_nano_usd')) as DuplicateRecord | undefined;
}

/** @returns undefined when the chunk is not collected. */
export async function readCollectedRecord(
  store: RecordSource,
  key: string
): Promise<CollectedRecord | undefined> {
  return (await readRecord(store, key, 'collected')) as CollectedRecord | undefined;
}

/** @returns undefined when there is no report. */
export async function readReport(store: RecordSource, key: string): Promise<Report | undefined> {
  return (await readRecord(store, key, 'job_id')) as Report | undefined;
}

/** A reference as it holds on this machine, where the store's root may have another path. */
export function referenceAt(
  store: Pick<Store, 'uriOf'>,
  key: string,
  reference: StoreReference
): StoreReference {
  return { ...reference, uri: store.uriOf(key) };
}
