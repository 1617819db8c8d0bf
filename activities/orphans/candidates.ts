/**
 * Batches that may be what a POST without an answer made.
 *
 * What is learned of a candidate is written down, so that one which disappears later is not taken for never having been.
 *
 * @module
 */
import type { BatchCheck, JobContext } from '../../src/contract/activities';
import { isMessageBatchFailure } from '../../src/contract/failures';
import type { ChunkName } from '../../src/contract/names';
import {
  API_CLOCK_MARGIN_MS,
  couldBeFrom,
  type Candidate,
  type LostPost,
} from '../../src/core/reconcile/reconcile';
import { chunkFiles } from '../../src/records/job-files';
import { readCandidateRecord, type CandidateRecord } from '../../src/records/orphan-records';
import { toRecordText } from '../../src/records/record-text';
import type { Store } from '../../src/store/store';
import { retrieveBatch, totalOf } from '../api/batch-answer';
import type { Caller } from '../api/call-api';
import { listBatchesSince, type ListedBatch } from '../api/list-batches';
import { findOwner } from '../submissions/batch-record';
import type { Intent } from '../submissions/intents';
import { identifyOwner } from './identify-owner';

/** What is looked for: a batch of this chunk, made by one of these POSTs. */
export interface Search {
  readonly store: Store;
  readonly chunk: JobContext & ChunkName;
  readonly caller: Caller;
  readonly requests: number;
  readonly posts: readonly LostPost[];
  /** How long after its end a POST may still have been delivered. */
  readonly lateMs: number;
  /** What the wire ids of the chunk begin with. */
  readonly prefix: string;
}

export interface Found {
  readonly candidates: readonly Candidate[];
  /** The API's time of the list. */
  readonly apiNowMs: number;
}

/** A POST as its intent tells of it. */
export function toLostPost({ record, socketClosedAfterMs }: Intent): LostPost {
  return {
    apiTimeMs: Date.parse(record.api_time),
    // Where the attempt vanished, its deadline is the last moment at which it can have sent anything.
    closedAfterMs: socketClosedAfterMs ?? record.deadline_ms,
  };
}

/** Lists every batch back to the first of the POSTs and keeps what could be ours, with what its results say. */
export async function findCandidates(
  search: Search,
  heartbeat: (details: unknown) => void
): Promise<Found> {
  const times = search.posts.map(({ apiTimeMs }) => apiTimeMs);
  const sinceMs = Math.min(...times) - API_CLOCK_MARGIN_MS;
  const { batches, apiNowMs } = await listBatchesSince(search.caller, sinceMs, heartbeat);
  return { candidates: await collectCandidates(search, batches, heartbeat), apiNowMs };
}

/** Everything that could be ours: what the list shows, and what it once showed. */
async function collectCandidates(
  search: Search,
  listed: readonly ListedBatch[],
  heartbeat: (details: unknown) => void
): Promise<Candidate[]> {
  const { store, chunk, requests, posts, lateMs } = search;
  const candidates: Candidate[] = [];
  const seen = new Set<string>();
  for (const { batchId, check } of listed) {
    if (totalOf(check) !== requests) continue;
    if (!couldBeFrom(Date.parse(check.createdAt), posts, lateMs)) continue;
    seen.add(batchId);
    const owner = await findOwner(store, chunk, batchId);
    if (owner === 'other') continue;
    candidates.push(await examine(search, { batchId, check }, owner));
    heartbeat({ candidates: candidates.length });
  }
  const files = chunkFiles(chunk.jobId, chunk);
  for (const key of await store.list(files.candidates)) {
    const record = await readCandidateRecord(store, key);
    if (record === undefined || seen.has(record.batch_id)) continue;
    const again = await lookAgain(search, record);
    if (again !== null) candidates.push(again);
  }
  return candidates;
}

/** A candidate of an earlier look that the list no longer shows: gone, or the list is behind. */
async function lookAgain(search: Search, record: CandidateRecord): Promise<Candidate | null> {
  if (record.proof !== 'unproven') return toCandidate(record, { ended: true, lost: false });
  const owner = await findOwner(search.store, search.chunk, record.batch_id);
  if (owner === 'other') return null;
  try {
    const check = await retrieveBatch(search.caller, record.batch_id);
    return await examine(search, { batchId: record.batch_id, check }, owner);
  } catch (error) {
    if (!isMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) throw error;
    return toCandidate(record, { ended: false, lost: true });
  }
}

async function examine(
  search: Search,
  { batchId, check }: ListedBatch,
  owner: 'own' | null
): Promise<Candidate> {
  const { store, chunk } = search;
  const key = chunkFiles(chunk.jobId, chunk).candidate(batchId);
  const known = await readCandidateRecord(store, key);
  if (known !== undefined && known.proof !== 'unproven') {
    return toCandidate(known, { ended: true, lost: false });
  }
  const ended = check.status === 'ended';
  const proof =
    owner === 'own' ? 'ours' : ended ? await readProof(search, batchId, check) : 'unproven';
  const record: CandidateRecord = {
    batch_id: batchId,
    created_at: check.createdAt,
    proof: proof === 'unreadable' ? 'unproven' : proof,
  };
  if (known?.proof !== record.proof) await store.write(key, toRecordText(record));
  // Results can be late by moments; only archived ones are gone.
  const lost = proof === 'unreadable' && check.archivedAt !== null;
  return toCandidate(record, { ended, lost });
}

/** The API has removed the results of an archived batch, and answers with 400 or 404. */
async function readProof(
  { caller, prefix }: Search,
  batchId: string,
  { archivedAt }: BatchCheck
): Promise<'ours' | 'foreign' | 'unreadable'> {
  return archivedAt === null ? identifyOwner(caller, batchId, prefix) : 'unreadable';
}

function toCandidate(
  { batch_id: batchId, created_at: createdAt, proof }: CandidateRecord,
  { ended, lost }: Pick<Candidate, 'ended' | 'lost'>
): Candidate {
  return { batchId, createdAtMs: Date.parse(createdAt), ended, proof, lost };
}
