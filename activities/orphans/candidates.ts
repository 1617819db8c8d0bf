/**
 * Batches that a POST without an answer may have created.
 *
 * What is learned about a candidate is recorded, so that one that disappears later still counts as having existed.
 *
 * @module
 */
import type { JobContext } from '../../src/contract/activities';
import { isMessageBatchFailure } from '../../src/contract/failures';
import type { ChunkName } from '../../src/contract/names';
import type { ListFlaw } from '../../src/core/reconcile/new-batches';
import type { Candidate } from '../../src/core/reconcile/reconcile';
import { chunkFiles } from '../../src/records/job-files';
import { readCandidateRecord, type CandidateRecord } from '../../src/records/orphan-records';
import { toRecordText } from '../../src/records/record-text';
import type { Store } from '../../src/store/store';
import { retrieveBatch, totalOf } from '../api/batch-answer';
import type { Caller } from '../api/call-api';
import { listNewBatches, type ListedBatch } from '../api/list-batches';
import { findOwner } from '../submissions/batch-record';
import { identifyOwner } from './identify-owner';

/** What to search for: a batch of this chunk. */
export interface Search {
  readonly store: Store;
  readonly chunk: JobContext & ChunkName;
  readonly caller: Caller;
  /** Ids of batches that were listed before the chunk's first POST; null when that is not known. */
  readonly baseline: readonly string[] | null;
  /** Whether a batch that is listed for the first time now is {@link Candidate.late}. */
  readonly late: boolean;
  /** What the wire ids of the chunk begin with. */
  readonly prefix: string;
  /** Leaves out batches that need not be examined. */
  readonly isWorthReading?: (batch: ListedBatch) => boolean;
}

export interface FoundCandidates {
  readonly candidates: readonly Candidate[];
  /** Why the list does not show every candidate; null when it does. */
  readonly flaw: ListFlaw | null;
}

/** Lists every batch that was not listed before the chunk's first POST, and examines those that could be the chunk's. */
export async function findCandidates(
  search: Search,
  heartbeat: (details: unknown) => void
): Promise<FoundCandidates> {
  const { caller, baseline } = search;
  const listed =
    baseline === null
      ? ({ verdict: 'noProof', flaw: 'noBaseline' } as const)
      : await listNewBatches(caller, baseline, heartbeat);
  // Of a list that proves nothing, thousands of batches might have to be read: earlier candidates are examined alone.
  const batches = listed.verdict === 'found' ? listed.batches : [];
  const flaw = listed.verdict === 'noProof' ? listed.flaw : null;
  return { candidates: await collectCandidates(search, batches, heartbeat), flaw };
}

/** Every batch that could be the chunk's: those on the list, and those that earlier searches found. */
async function collectCandidates(
  search: Search,
  listed: readonly ListedBatch[],
  heartbeat: (details: unknown) => void
): Promise<Candidate[]> {
  const { store, chunk, isWorthReading = () => true } = search;
  const candidates: Candidate[] = [];
  const seen = new Set<string>();
  for (const batch of listed) {
    if (!isWorthReading(batch)) continue;
    seen.add(batch.batchId);
    const owner = await findOwner(store, chunk, batch.batchId);
    if (owner === 'other') continue;
    candidates.push(await examine(search, batch, owner));
    heartbeat({ candidates: candidates.length });
  }
  const files = chunkFiles(chunk.jobId, chunk);
  for (const key of await store.list(files.candidates)) {
    const record = await readCandidateRecord(store, key);
    if (record === undefined || seen.has(record.batch_id)) continue;
    const candidate = await examineAgain(search, record);
    if (candidate !== null) candidates.push(candidate);
    heartbeat({ candidates: candidates.length });
  }
  return candidates;
}

/** A candidate of an earlier search that is not on the list: it was deleted, or the list is stale. */
async function examineAgain(search: Search, record: CandidateRecord): Promise<Candidate | null> {
  const { batch_id: batchId } = record;
  if (record.proof !== 'unproven') return toCandidate(record, { ended: true, lost: false });
  const owner = await findOwner(search.store, search.chunk, batchId);
  if (owner === 'other') return null;
  try {
    const check = await retrieveBatch(search.caller, batchId);
    const { createdAt, archivedAt } = check;
    const batch: ListedBatch = {
      batchId,
      createdAt,
      createdAtMs: Date.parse(createdAt),
      ended: check.status === 'ended',
      archived: archivedAt !== null,
      total: totalOf(check),
    };
    return await examine(search, batch, owner);
  } catch (error) {
    if (!isMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) throw error;
    return toCandidate(record, { ended: false, lost: true });
  }
}

async function examine(
  search: Search,
  { batchId, createdAt, ended, archived }: ListedBatch,
  owner: 'own' | null
): Promise<Candidate> {
  const { store, chunk, caller, prefix } = search;
  const key = chunkFiles(chunk.jobId, chunk).candidate(batchId);
  const known = await readCandidateRecord(store, key);
  if (known !== undefined && known.proof !== 'unproven') {
    return toCandidate(known, { ended: true, lost: false });
  }
  // The API has removed the results of an archived batch, and answers with 400 or 404.
  const isReadable = ended && !archived;
  const proof =
    owner === 'own'
      ? 'ours'
      : isReadable
        ? await identifyOwner(caller, batchId, prefix)
        : 'unproven';
  const late = known === undefined ? search.late : known.late === true;
  const record: CandidateRecord = {
    batch_id: batchId,
    created_at: createdAt,
    proof: proof === 'unreadable' ? 'unproven' : proof,
    ...(late ? { late } : {}),
  };
  if (known?.proof !== record.proof) await store.write(key, toRecordText(record));
  // Results can be late by a few moments; only those of an archived batch are lost.
  return toCandidate(record, { ended, lost: record.proof === 'unproven' && archived });
}

function toCandidate(
  { batch_id: batchId, created_at: createdAt, proof, late = false }: CandidateRecord,
  { ended, lost }: Pick<Candidate, 'ended' | 'lost'>
): Candidate {
  return { batchId, createdAtMs: Date.parse(createdAt), ended, proof, lost, late };
}
