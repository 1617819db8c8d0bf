/**
 * The records of a planned job: its identity, plan, rounds and chunks.
 *
 * Records are JSON in snake_case; shapes of the contract inside them keep their spelling. A record is written whole or
 * not at all, after everything that it refers to. A `uri` in it is valid on the machine that wrote it: derive an
 * object's key from `job-files.ts` and take only length and hash from the reference.
 *
 * @module
 */
import type { JobBinding, RoundPlan } from '../contract/activities';
import { failure } from '../contract/failures';
import type { ResolvedOptions } from '../contract/options';
import type { StoreReference } from '../contract/public';
import type { JobIdentity } from '../core/plan/identity';
import { chunkFiles, jobFiles, type ChunkOfJob } from './job-files';
import { readRecord, type RecordSource } from './record-text';

/** `plan.json`: round 1 is complete. */
export interface PlanRecord {
  readonly job_id: string;
  readonly site: JobBinding;
  /** The options when the job was planned; a later execution may use others. */
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

/** `rounds/<n>.json`, n >= 2: the round's chunks are complete. */
export type RoundRecord = RoundPlan;

/** `rounds/<n>.sources.json`: written before anything of the round, so an execution has begun to plan it. */
export type RoundSourcesRecord = Pick<RoundPlan, 'round' | 'sources'>;

/** `chunk.json`: body and members are complete. */
export interface ChunkRecord {
  readonly requests: number;
  /** The bytes to POST. */
  readonly body: StoreReference;
  /** A {@link MemberLine} for each request of the body, in its order. */
  readonly members: StoreReference;
}

/** A line of `members.jsonl`: position in the input from 0, ascending; number of this submission from 1. */
export type MemberLine = readonly [position: number, attempt: number];

/** @returns undefined when the store has no job of this id. */
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

/** @returns undefined when the round is not planned. */
export async function readRoundRecord(
  store: RecordSource,
  key: string
): Promise<RoundRecord | undefined> {
  return (await readRecord(store, key, 'sources')) as RoundRecord | undefined;
}

/** Reads every round of a planned job: round 1 as planned, and every retry round recorded since. */
export async function readRounds(store: RecordSource, record: PlanRecord): Promise<RoundPlan[]> {
  const { job_id: jobId, chunks, total } = record;
  const rounds: RoundPlan[] = [{ round: 1, chunks, requests: total, sources: [] }];
  for (;;) {
    const next = await readRoundRecord(store, jobFiles(jobId).round(rounds.length + 1));
    if (next === undefined) return rounds;
    rounds.push(next);
  }
}

/** @returns undefined when no execution has begun to plan the round. */
export async function readRoundSources(
  store: RecordSource,
  key: string
): Promise<RoundSourcesRecord | undefined> {
  return (await readRecord(store, key, 'sources')) as RoundSourcesRecord | undefined;
}

/** @returns undefined when the chunk is not planned. */
export async function readChunkRecord(
  store: RecordSource,
  key: string
): Promise<ChunkRecord | undefined> {
  return (await readRecord(store, key, 'members')) as ChunkRecord | undefined;
}

/**
 * Reads the record of a planned chunk.
 *
 * @throws ApplicationFailure `MessageBatch.BadReference` when the chunk is not planned.
 */
export async function readChunk(store: RecordSource, name: ChunkOfJob): Promise<ChunkRecord> {
  const record = await readChunkRecord(store, chunkFiles(name.jobId, name).chunk);
  if (record !== undefined) return record;
  throw failure(
    'MessageBatch.BadReference',
    `The store has no chunk ${name.round}-${name.chunk} of the job ${name.jobId}.`
  );
}
