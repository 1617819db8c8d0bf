/**
 * `messageBatchReconcile`: finds out what became of a POST whose answer was lost, and never pays on a guess.
 *
 * One look: list the batches back to the intent, keep those that could be ours, ask the results of those that have ended.
 * What it learns of a candidate is written down, so that one which disappears later is not taken for never having been.
 *
 * @module
 */
import type { ReconcileInput, Reconciliation } from '../src/contract';
import { batchOwnerFile, chunkFiles } from '../src/core/job-files';
import {
  readCandidateRecord,
  readOwnerRecord,
  toRecordText,
  type CandidateRecord,
} from '../src/core/records';
import {
  API_CLOCK_MARGIN_MS,
  decideReconcile,
  isOfThatTime,
  type Candidate,
  type OpenPost,
} from '../src/core/reconcile';
import { isMessageBatchFailure } from '../src/errors';
import { retrieveBatch, totalOf } from './batch-answer';
import { callerOf, type Caller } from './call-api';
import type { ActivityDeps } from './deps';
import { recordDuplicate } from './duplicates';
import { throttledHeartbeat } from './heartbeat';
import { readWireIdPrefix } from './job-tag';
import { listBatchesSince, type ListedBatch } from './list-batches';
import { proveBatch } from './prove-batch';
import { assertRightWorker } from './site';
import {
  adoptBatch,
  closeAll,
  readChunk,
  readStanding,
  toSubmission,
  type Intent,
  type Standing,
} from './submission-records';

interface Search {
  readonly deps: ActivityDeps;
  readonly input: ReconcileInput;
  readonly caller: Caller;
  readonly requests: number;
  readonly intents: readonly Intent[];
  readonly posts: readonly OpenPost[];
  /** What the wire ids of this chunk begin with. */
  readonly prefix: string;
}

/** Makes the Activity. It can be called again at any time. */
export function createReconcile(
  deps: ActivityDeps
): (input: ReconcileInput) => Promise<Reconciliation> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    const { requests } = await readChunk(deps.store, input);
    const standing = await readStanding(deps.store, input);
    if (standing.state !== 'open') {
      return toKnown(standing, requests);
    }
    const { intents } = standing;
    return look({
      deps,
      input,
      caller: callerOf(client, input),
      requests,
      intents,
      posts: intents.map(toPost),
      prefix: await readWireIdPrefix(deps.store, input),
    });
  };
}

/** A late answer was recorded after all, or a person gave their word. */
function toKnown(standing: Exclude<Standing, { state: 'open' }>, requests: number): Reconciliation {
  const submission = toSubmission(standing, requests);
  if (submission.state === 'unknown') throw new Error('A standing without open intents is known.');
  return submission;
}

async function look(search: Search): Promise<Reconciliation> {
  const { deps, input, intents, posts, requests } = search;
  const heartbeat = throttledHeartbeat();
  const sinceMs = Math.min(...posts.map(({ apiTimeMs }) => apiTimeMs)) - API_CLOCK_MARGIN_MS;
  const { batches, apiNowMs } = await listBatchesSince(search.caller, sinceMs, heartbeat);
  const candidates = await collectCandidates(search, batches, heartbeat);
  const { orphanWaitMs } = input.options;
  const decided = decideReconcile({ posts, candidates, apiNowMs, orphanWaitMs });
  switch (decided.decision) {
    case 'adopt': {
      const { batchId } = decided;
      const check = await retrieveBatch(search.caller, batchId);
      for (const duplicate of decided.duplicates) {
        await recordDuplicate(
          deps.store,
          search.caller,
          { ...input, batchId: duplicate },
          heartbeat
        );
      }
      return adoptBatch(deps.store, input, { intents, batchId, check, requests });
    }
    case 'absent':
      await closeAll(deps.store, input, intents, 'absent');
      return { state: 'none', requests };
    case 'wait':
      return { state: 'searching', requests, delayMs: decided.delayMs, batchIds: decided.batchIds };
    case 'ask':
      return { state: 'lost', requests, batchIds: decided.batchIds };
  }
}

/** Everything that could be ours: what the list shows, and what it once showed. */
async function collectCandidates(
  search: Search,
  listed: readonly ListedBatch[],
  heartbeat: (details: unknown) => void
): Promise<Candidate[]> {
  const { deps, input, requests, posts } = search;
  const candidates: Candidate[] = [];
  const seen = new Set<string>();
  for (const { batchId, check } of listed) {
    if (totalOf(check) !== requests || !isOfThatTime(Date.parse(check.createdAt), posts)) continue;
    seen.add(batchId);
    const owner = await ownerOf(search, batchId);
    if (owner === 'other') continue;
    candidates.push(await examine(search, { batchId, check }, owner));
    heartbeat({ candidates: candidates.length });
  }
  const files = chunkFiles(input.jobId, input);
  for (const key of await deps.store.list(files.candidates)) {
    const record = await readCandidateRecord(deps.store, key);
    if (record === undefined || seen.has(record.batch_id)) continue;
    const again = await lookAgain(search, record);
    if (again !== null) candidates.push(again);
  }
  return candidates;
}

/** A candidate of an earlier look that the list no longer shows: gone, or the list is behind. */
async function lookAgain(search: Search, record: CandidateRecord): Promise<Candidate | null> {
  if (record.proof !== 'unproven') return toCandidate(record, { ended: true, lost: false });
  const owner = await ownerOf(search, record.batch_id);
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
  const { store } = search.deps;
  const key = chunkFiles(search.input.jobId, search.input).candidate(batchId);
  const known = await readCandidateRecord(store, key);
  if (known !== undefined && known.proof !== 'unproven') {
    return toCandidate(known, { ended: true, lost: false });
  }
  const ended = check.status === 'ended';
  const proof =
    owner === 'own'
      ? 'ours'
      : ended
        ? await proveBatch(search.caller, batchId, search.prefix)
        : 'unproven';
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

/**
 * Who is known to own a batch. `own`: this chunk, by the answer to its create or an earlier look; the chunk's own record
 * of it could not be written.
 */
async function ownerOf({ deps, input }: Search, batchId: string): Promise<'own' | 'other' | null> {
  const owner = await readOwnerRecord(deps.store, batchOwnerFile(batchId));
  if (owner === undefined) return null;
  const isOwn =
    owner.job_id === input.jobId && owner.round === input.round && owner.chunk === input.chunk;
  return isOwn ? 'own' : 'other';
}

function toCandidate(
  { batch_id: batchId, created_at: createdAt, proof }: CandidateRecord,
  { ended, lost }: Pick<Candidate, 'ended' | 'lost'>
): Candidate {
  return { batchId, createdAtMs: Date.parse(createdAt), ended, proof, lost };
}

function toPost({ record, cutAfterMs }: Intent): OpenPost {
  return {
    apiTimeMs: Date.parse(record.api_time),
    // Where the attempt vanished, its deadline is the last moment at which it can have sent anything.
    closedAfterMs: cutAfterMs ?? record.deadline_ms,
  };
}
