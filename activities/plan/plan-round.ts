/**
 * `messageBatchPlanRound`: plans one retry round from the requests that earlier chunks left over.
 *
 * `rounds/<n>.json` is written last. From then on, every call returns this round with the same requests and attempts.
 *
 * @module
 */
import type { PlanRoundInput, RoundPlan } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import type { ChunkName } from '../../src/contract/names';
import { chunkLabel } from '../../src/contract/names';
import { CHUNK_LIMITS_DEFAULT } from '../../src/core/plan/chunks';
import { readCollectedRecord, type RetryLine } from '../../src/records/collected-record';
import { chunkFiles, jobFiles } from '../../src/records/job-files';
import { jobTag } from '../../src/records/job-tag';
import {
  readPlanRecord,
  readRoundRecord,
  readRoundSources,
  type PlanRecord,
  type RoundRecord,
} from '../../src/records/plan-records';
import { toRecordText } from '../../src/records/record-text';
import { referenceAt } from '../../src/records/reference-at';
import { readLines } from '../../src/store/lines';
import type { Store } from '../../src/store/store';
import type { ActivityDeps } from '../worker/deps';
import { throttledHeartbeat } from '../worker/heartbeat';
import { assertRightStore } from '../worker/right-worker';
import { buildRound, type Selection } from './build-round';
import { loadParams } from './plan-input';

type PlanRoundDeps = Pick<ActivityDeps, 'store' | 'chunkLimits'>;

/** Creates the Activity. */
export function createPlanRound(
  deps: PlanRoundDeps
): (input: PlanRoundInput) => Promise<RoundPlan> {
  const { store, chunkLimits: limits = CHUNK_LIMITS_DEFAULT } = deps;
  return async ({ jobId, site, round, sources: asked }) => {
    await assertRightStore(store, site);
    const key = jobFiles(jobId).round(round);
    const known = await readRoundRecord(store, key);
    if (known) return known;
    await assertNotTaken(store, jobId, asked);
    const sources = await fixSources(store, { jobId, round, asked });

    const beat = throttledHeartbeat();
    const plan = await readPlan(store, jobId);
    const requests = referenceAt(store, plan.requests_key, plan.requests);
    const params =
      plan.params_key === null
        ? null
        : await loadParams(store, { key: plan.params_key, text: null });
    if (params && params.reference.sha256 !== plan.params?.sha256) throw damaged(plan.params_key);
    const selection = await selectLeftOvers(store, jobId, sources);
    const built = await buildRound({
      store,
      jobId,
      jobTag: jobTag(await store.id(), jobId, requests.sha256),
      round,
      requests,
      defaults: params?.defaults ?? null,
      limits,
      selection,
      ids: null,
      onProgress: (done) => {
        beat({ step: 'writing', requests: done, of: selection.size });
      },
    });
    if (built.requests !== selection.size) throw damaged(plan.requests_key);
    const record: RoundRecord = { round, sources, ...built };
    // Another run of this Activity may have just written the round: its record is the one that counts.
    const first = await store.writeNew(key, toRecordText(record));
    return first ? record : ((await readRoundRecord(store, key)) ?? record);
  };
}

/**
 * Records the sources of a round before anything of the round is written.
 *
 * Two executions may plan one round at the same time, if one of them was terminated and its Worker does not know yet. With
 * the same sources, both write the same bytes.
 *
 * @returns The sources that were recorded first.
 */
async function fixSources(
  store: Store,
  { jobId, round, asked }: { jobId: string; round: number; asked: readonly ChunkName[] }
): Promise<readonly ChunkName[]> {
  const key = jobFiles(jobId).roundSources(round);
  if (await store.writeNew(key, toRecordText({ round, sources: asked }))) return asked;
  return (await readRoundSources(store, key))?.sources ?? asked;
}

/**
 * Checks that no other round contains one of the sources: their requests would be paid for twice.
 *
 * @throws ApplicationFailure `MessageBatch.BadReference`; the job then has to be started again, which reads the recorded
 * rounds.
 */
async function assertNotTaken(
  store: Store,
  jobId: string,
  sources: readonly ChunkName[]
): Promise<void> {
  const wanted = new Set(sources.map(chunkLabel));
  for (let round = 2; ; round++) {
    const record = await readRoundRecord(store, jobFiles(jobId).round(round));
    if (record === undefined) return;
    const taken = record.sources.find((source) => wanted.has(chunkLabel(source)));
    if (taken === undefined) continue;
    throw failure(
      'MessageBatch.BadReference',
      `The left-over requests of chunk ${chunkLabel(taken)} are already in round ${round}. Start the job again.`
    );
  }
}

/**
 * Reads the left-over requests of the sources as one ascending list, at eight bytes a request.
 */
async function selectLeftOvers(
  store: Store,
  jobId: string,
  sources: readonly ChunkName[]
): Promise<Selection & { readonly size: number }> {
  const packed: number[] = [];
  for (const source of sources) {
    const files = chunkFiles(jobId, source);
    const record = await readCollectedRecord(store, files.collected);
    if (!record) {
      throw failure(
        'MessageBatch.StoreDamaged',
        `Chunk ${chunkLabel(source)} is a source of a retry round, but has not been collected.`
      );
    }
    const retry = files.retry(record.run);
    const reference = referenceAt(store, retry, record.retry);
    for await (const lines of readLines(store.readVerified(reference), { lineBytesMax: 1000 })) {
      for (const { bytes } of lines) packed.push(packLine(bytes, retry));
    }
  }
  const sorted = Float64Array.from(packed).sort();
  sorted.forEach((value, index) => {
    if (positionOf(value) === positionOf(sorted[index - 1] ?? -1)) throw damaged('retry.jsonl');
  });
  return {
    size: sorted.length,
    position: (index) => (index < sorted.length ? positionOf(sorted[index] ?? 0) : undefined),
    attempt: (index) => (sorted[index] ?? 0) % ATTEMPTS,
  };
}

/** Position and attempt in one number that sorts by position; no request has this many attempts. */
const ATTEMPTS = 1024;

/** A damaged line may not even parse, long before the hash at the end of the object reveals the damage. */
function packLine(bytes: Buffer, key: string): number {
  try {
    return pack(JSON.parse(bytes.toString()) as RetryLine);
  } catch {
    throw damaged(key);
  }
}

function pack([position, attempt]: RetryLine): number {
  return position * ATTEMPTS + Math.min(attempt, ATTEMPTS - 1);
}

function positionOf(value: number): number {
  return Math.floor(value / ATTEMPTS);
}

async function readPlan(store: Store, jobId: string): Promise<PlanRecord> {
  const { plan: key } = jobFiles(jobId);
  const plan = await readPlanRecord(store, key);
  if (plan) return plan;
  throw failure('MessageBatch.StoreDamaged', `The object ${key} of a planned job does not exist.`);
}

function damaged(what: string | null) {
  return failure(
    'MessageBatch.StoreDamaged',
    `The object ${what ?? ''} in the store is not the one that the job was planned with.`
  );
}
