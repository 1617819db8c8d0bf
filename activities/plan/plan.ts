/**
 * `messageBatchPlan`: reads the input once, checks every line, then cuts it into the chunks of round 1.
 *
 * Nothing is written before every line has been checked. `plan.json` is written last: if it exists, round 1 is complete,
 * and every later execution continues from it.
 *
 * Why: docs/decisions/011-options-in-history.md
 *
 * @module
 */
import type { JobBinding, Plan, PlanInput } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import type { ResolvedOptions } from '../../src/contract/options';
import type { StoreReference } from '../../src/contract/public';
import { CHUNK_LIMITS_DEFAULT } from '../../src/core/plan/chunks';
import { assertSameIdentity, jobIdentity, type JobIdentity } from '../../src/core/plan/identity';
import { jobFiles } from '../../src/records/job-files';
import { jobTag } from '../../src/records/job-tag';
import { readIdentity, readPlanRecord, type PlanRecord } from '../../src/records/plan-records';
import { toRecordText } from '../../src/records/record-text';
import { openRequestLines } from '../../src/records/request-lines';
import type { Store } from '../../src/store/store';
import { createWriter } from '../../src/store/writer';
import type { ActivityDeps } from '../worker/deps';
import { throttledHeartbeat } from '../worker/heartbeat';
import { buildRound, EVERY_REQUEST, type BuildRoundInput, type BuiltRound } from './build-round';
import { checkInput, type CheckedInput } from './check-input';
import {
  assertNoReport,
  loadParams,
  resolveRequest,
  type JobRequest,
  type LoadedParams,
} from './plan-input';
import { resumePlan } from './plan-resume';
import { freeRefusedId } from './free-id';
import { hashLines, storeLines } from './stored-lines';
import { assertSearchAttributes } from './search-attributes';

export interface PlanDeps extends Pick<ActivityDeps, 'store' | 'chunkLimits'> {
  /** Asks the API what a job planned on this Worker is bound to; also proves that the key is valid. */
  readonly discoverBinding: (options: ResolvedOptions) => Promise<JobBinding>;
}

/**
 * Creates the Activity.
 *
 * @throws ApplicationFailure (from the Activity), not retryable: `MessageBatch.BadOptions`, `MessageBatch.BadReference`,
 * `MessageBatch.BadRequests` and `MessageBatch.JobMismatch`. None of them changes the store.
 */
export function createPlan(deps: PlanDeps): (input: PlanInput) => Promise<Plan> {
  return async (input) => {
    const request = await resolveRequest(deps.store, input);
    if (request.options.searchAttributes) await assertSearchAttributes();
    const known = await readPlanRecord(deps.store, jobFiles(request.jobId).plan);
    return known ? resumePlan(deps, request, known) : makePlan(deps, request);
  };
}

async function makePlan(deps: PlanDeps, request: JobRequest): Promise<Plan> {
  const { store } = deps;
  const { options } = request;
  const site = request.canceling
    ? await undiscoveredBinding(store)
    : await deps.discoverBinding(options);
  await assertNoReport(store, request);
  try {
    return await planInput(deps, request, site);
  } catch (error) {
    await freeRefusedId(store, request, error);
    throw error;
  }
}

async function planInput(deps: PlanDeps, request: JobRequest, site: JobBinding): Promise<Plan> {
  const { store, chunkLimits: limits = CHUNK_LIMITS_DEFAULT } = deps;
  const { jobId, options } = request;
  const beat = throttledHeartbeat();
  const params = request.params && (await loadParams(store, request.params));
  const { bytes: source } = await openRequestLines(store.read(request.requestsKey));
  const checked = await checkInput(source, {
    defaults: params?.defaults ?? null,
    apiVersion: options.apiVersion,
    limits,
    onProgress: (requests) => {
      beat({ step: 'checking', requests });
    },
  });
  const sha256 = await recordIdentity(store, request, checked, params);
  const requestsKey = await storeLines(store, request, sha256);
  const { bytes, lines } = checked;
  const requests = { uri: store.uriOf(requestsKey), bytes, lines, sha256 };
  if (params && request.params.text !== null) {
    await store.write(request.params.key, request.params.text);
  }
  const built = await buildFirstRound(store, jobId, {
    jobTag: jobTag(await store.id(), jobId, requests.sha256),
    requests,
    defaults: params?.defaults ?? null,
    limits,
    onProgress: (done) => {
      beat({ step: 'writing', requests: done, of: checked.total });
    },
  });
  const record: PlanRecord = {
    job_id: jobId,
    site,
    options,
    requests,
    requests_key: requestsKey,
    params: params?.reference ?? null,
    params_key: request.params?.key ?? null,
    ids: built.ids,
    output_key: request.outputKey,
    total: built.requests,
    chunks: built.chunks,
  };
  await store.write(jobFiles(jobId).plan, toRecordText(record));
  return toPlan(record);
}

async function buildFirstRound(
  store: Store,
  jobId: string,
  input: Pick<BuildRoundInput, 'jobTag' | 'requests' | 'defaults' | 'limits' | 'onProgress'>
): Promise<BuiltRound & { readonly ids: StoreReference }> {
  const ids = createWriter(store, jobFiles(jobId).ids);
  try {
    const first = { store, jobId, round: 1, selection: EVERY_REQUEST, ids };
    const built = await buildRound({ ...input, ...first });
    return { ...built, ids: await ids.end() };
  } catch (error) {
    await ids.abort();
    throw error;
  }
}

function toPlan({ job_id: jobId, site, options, requests, total, chunks }: PlanRecord): Plan {
  const first = { round: 1, chunks, requests: total, sources: [] };
  return { jobId, site, options, requests, total, resumed: false, rounds: [first], report: null };
}

/** For a job that ends without a submission, so the API is not called. */
async function undiscoveredBinding(store: Store): Promise<JobBinding> {
  return { apiOrigin: '', workspaceId: null, organizationId: null, storeId: await store.id() };
}

/**
 * Records the identity of the job: its input and the options that belong to it. A bad input is refused.
 *
 * @returns The hash of the input's lines.
 */
async function recordIdentity(
  store: Store,
  request: JobRequest,
  checked: CheckedInput,
  params: LoadedParams | null
): Promise<string> {
  const isBad = checked.badLines > 0 || checked.total === 0;
  const known = await readIdentity(store, jobFiles(request.jobId).job);
  if (isBad && known === undefined) throw badRequests(checked);
  const sha256 = checked.sha256 ?? (await hashLines(store, request.requestsKey));
  const paramsSha256 = params?.reference.sha256 ?? null;
  const identity = jobIdentity(request.options, { inputSha256: sha256, paramsSha256 });
  if (known) assertSameIdentity(request.jobId, known, identity);
  if (isBad) throw badRequests(checked);
  await writeIdentity(store, request.jobId, identity);
  return sha256;
}

async function writeIdentity(store: Store, jobId: string, identity: JobIdentity): Promise<void> {
  const { job: key } = jobFiles(jobId);
  if (await store.writeNew(key, toRecordText(identity))) return;
  const known = await readIdentity(store, key);
  if (known) assertSameIdentity(jobId, known, identity);
}

function badRequests({ badLines, listed, lines, total }: CheckedInput) {
  if (badLines === 0) {
    const message = `The input contains no request: ${lines === 0 ? 'it is empty' : 'all of its lines are blank'}. Nothing was submitted.`;
    return failure('MessageBatch.BadRequests', message, { details: { badLines } });
  }
  const count = badLines === 1 ? '1 line is' : `${badLines} lines are`;
  const list = listed.map(({ line, reason }) => `line ${line}: ${reason}`);
  if (badLines > list.length) list.push(`and ${badLines - list.length} more`);
  return failure(
    'MessageBatch.BadRequests',
    `${count} bad among the ${total} requests of the input, so nothing was submitted:\n${list.join('\n')}`,
    { details: { badLines } }
  );
}
