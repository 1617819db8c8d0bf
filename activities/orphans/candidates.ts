/**
 * Batches that a POST without an answer may have created.
 *
 * What is learned about a candidate is recorded, so that one that disappears later still counts as having existed.
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

/** What to search for: a batch of this chunk, created by one of these POSTs. */
export interface Search {
  readonly store: Store;
  readonly chunk: JobContext & ChunkName;
  readonly caller: Caller;
  readonly requests: number;
  readonly posts: readonly LostPost[];
  /** How long after its socket was closed a POST may still have been delivered. */
  readonly lateMs: number;
  /** What the wire ids of the chunk begin with. */
  readonly prefix: string;
}

export interface FoundCandidates {
  readonly candidates: readonly Candidate[];
  /** The API's time when it sent the list. */
  readonly apiNowMs: number;
}

/** The POST of an open intent. */
export function toLostPost({ record, socketClosedAfterMs }: Intent): LostPost {
  return {
    apiTimeMs: Date.parse(record.api_time),
    // If the attempt vanished, its deadline is the last moment at which it can have sent anything.
    closedAfterMs: socketClosedAfterMs ?? record.deadline_ms,
  };
}

/** Lists every batch back to the first of the POSTs, and examines those that could be the chunk's. */
export async function findCandidates(
  search: Search,
  heartbeat: (details: unknown) => void
): Promise<FoundCandidates> {
  const times = search.posts.map(({ apiTimeMs }) => apiTimeMs);
  const sinceMs = Math.min(...times) - API_CLOCK_MARGIN_MS;
  const { batches, apiNowMs } = await listBatchesSince(search.caller, sinceMs, heartbeat);
  return { candidates: await collectCandidates(search, batches, heartbeat), apiNowMs };
}

/** Every batch that could be the chunk's: those on the list, and those that earlier searches found. */
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
    const candidate = await examineAgain(search, record);
    if (candidate !== null) candidates.push(candidate);
  }
  return candidates;
}

/** A candidate of an earlier search that is not on the list: it was deleted, or the list is stale. */
async function examineAgain(search: Search, record: CandidateRecord): Promise<Candidate | null> {
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
  // Results can be late by a few moments; only those of an archived batch are lost.
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
