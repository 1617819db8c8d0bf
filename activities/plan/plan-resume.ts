/**
 * Planning a job that an earlier execution has planned: its plan is used. Options outside the identity may differ.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { JobBinding, Plan } from '../../src/contract/activities';
import type { ResolvedOptions } from '../../src/contract/options';
import { assertSameIdentity, jobIdentity } from '../../src/core/plan/identity';
import { jobFiles } from '../../src/records/job-files';
import { readOwnReport } from '../../src/records/own-report';
import { readRounds, type PlanRecord } from '../../src/records/plan-records';
import { toRecordText } from '../../src/records/record-text';
import { referenceAt } from '../../src/records/reference-at';
import { openRequestLines } from '../../src/records/request-lines';
import type { Store } from '../../src/store/store';
import { throttledHeartbeat } from '../worker/heartbeat';
import { assertNoReport, sha256, type JobRequest } from './plan-input';
import { storeLines } from './stored-lines';

interface ResumeDeps {
  readonly store: Store;
  readonly discoverBinding: (options: ResolvedOptions) => Promise<JobBinding>;
}

/**
 * Continues with a recorded plan.
 *
 * @throws ApplicationFailure `MessageBatch.JobMismatch` when the plan is for another input or other options; nothing is
 * changed then.
 */
export async function resumePlan(
  deps: ResumeDeps,
  request: JobRequest,
  known: PlanRecord
): Promise<Plan> {
  const { store } = deps;
  const { jobId } = request;
  await assertSameJob(store, request, known);
  // The folder of the earlier execution: another output folder does not make the job run twice.
  const report = (await readOwnReport(store, known.output_key, jobId)) ?? null;
  const record = report === null ? await renew(deps, request, known) : known;
  const { site, total, requests_key: key } = record;
  return {
    jobId,
    site,
    options: request.options,
    requests: referenceAt(store, key, record.requests),
    total,
    resumed: true,
    rounds: await readRounds(store, record),
    report,
  };
}

async function assertSameJob(store: Store, request: JobRequest, known: PlanRecord): Promise<void> {
  const params = known.params?.sha256 ?? null;
  const recorded = jobIdentity(known.options, {
    inputSha256: known.requests.sha256,
    paramsSha256: params,
  });
  const given = jobIdentity(request.options, {
    inputSha256:
      (await hashIfPresent(store, request.requestsKey, known.requests_key, readLines)) ??
      known.requests.sha256,
    paramsSha256: await paramsHash(store, request, known),
  });
  assertSameIdentity(request.jobId, recorded, given);
}

async function paramsHash(
  store: Store,
  { params }: JobRequest,
  known: PlanRecord
): Promise<string | null> {
  if (params === null) return null;
  if (params.text !== null) return sha256(params.text);
  return (
    (await hashIfPresent(store, params.key, known.params_key, read)) ?? known.params?.sha256 ?? null
  );
}

type Pieces = AsyncIterable<Buffer>;

function read(store: Store, key: string): Pieces | Promise<Pieces> {
  return store.read(key) as Pieces;
}

async function readLines(store: Store, key: string): Promise<Pieces> {
  return (await openRequestLines(store.read(key))).bytes;
}

/**
 * Hashes an object of the input.
 *
 * @returns null when it was the recorded one and no longer exists: it is removed when the job has ended.
 */
async function hashIfPresent(
  store: Store,
  key: string,
  recordedKey: string | null,
  open: typeof read
): Promise<string | null> {
  if (key === recordedKey && (await store.size(key)) === undefined) return null;
  const beat = throttledHeartbeat();
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of await open(store, key)) {
    hash.update(piece);
    bytes += piece.length;
    beat({ step: 'comparing', bytes });
  }
  return hash.digest('hex');
}

/** Records what may change in a plan: output folder, a binding that was not discovered yet, a moved input. */
async function renew(
  { store, discoverBinding }: ResumeDeps,
  request: JobRequest,
  known: PlanRecord
): Promise<PlanRecord> {
  if (request.outputKey !== known.output_key) await assertNoReport(store, request);
  const undiscovered = known.site.apiOrigin === '' && !request.canceling;
  const moved = (await store.size(known.requests_key)) === undefined;
  const record: PlanRecord = {
    ...known,
    output_key: request.outputKey,
    site: undiscovered ? await discoverBinding(request.options) : known.site,
    requests_key: moved
      ? await storeLines(store, request, known.requests.sha256)
      : known.requests_key,
  };
  const text = toRecordText(record);
  if (text !== toRecordText(known)) await store.write(jobFiles(request.jobId).plan, text);
  return record;
}
