/**
 * `messageBatchFinish`: writes the three files, `report.json` last.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { FinishInput } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import type { ChunkName } from '../../src/contract/names';
import { chunkLabel } from '../../src/contract/names';
import type {
  Report,
  ReportBatch,
  ReportDuplicate,
  StoreReference,
} from '../../src/contract/public';
import { addUsage, emptyUsage } from '../../src/core/collect/usage';
import { formatNanoUsd } from '../../src/core/money/cost';
import { PRICES_AS_OF } from '../../src/core/money/prices';
import { readCollectedRecord, type CollectedRecord } from '../../src/records/collected-record';
import { chunkFiles, jobFiles, outputFiles, runFiles } from '../../src/records/job-files';
import { readDuplicateRecord, type DuplicateRecord } from '../../src/records/orphan-records';
import { readOwnReport } from '../../src/records/own-report';
import { readPlanRecord, readRounds, type PlanRecord } from '../../src/records/plan-records';
import { toText } from '../../src/records/record-text';
import { referenceAt } from '../../src/records/reference-at';
import type { BatchRecord } from '../../src/records/submission-records';
import type { Store } from '../../src/store/store';
import { readSubmissionState } from '../submissions/submission-state';
import type { ActivityDeps } from '../worker/deps';
import { throttledHeartbeat } from '../worker/heartbeat';
import { assertRightStore } from '../worker/right-worker';
import { mergeResults, type Merged } from './merge-results';
import { tidyJob } from './tidy';

/**
 * Creates the Activity. A report that exists is returned as it is: this run may belong to an execution that was terminated
 * while the next one completed the job.
 */
export function createFinish({
  store,
}: Pick<ActivityDeps, 'store'>): (input: FinishInput) => Promise<Report> {
  return async (input) => {
    const { jobId } = input;
    await assertRightStore(store, input.site);
    const plan = await readPlanRecord(store, jobFiles(jobId).plan);
    if (!plan) {
      throw failure('MessageBatch.StoreDamaged', 'The plan of the job does not exist.');
    }
    const known = await readOwnReport(store, plan.output_key, jobId);
    const report =
      known ??
      (await writeFiles(store, input, plan).catch(async (error: unknown) => {
        // Another run that has written the report also removes what this one still reads.
        const written = await readOwnReport(store, plan.output_key, jobId);
        if (written === undefined) throw error;
        return written;
      }));
    await tidyJob(store, plan, report);
    return report;
  };
}

/** Writes the three files, unless another run has written the report meanwhile. @returns the report that exists. */
async function writeFiles(store: Store, input: FinishInput, plan: PlanRecord): Promise<Report> {
  const { jobId } = input;
  const beat = throttledHeartbeat();
  const chunks = await readChunks(store, plan);
  const files = filesOf(plan);
  const readReport = () => readOwnReport(store, plan.output_key, jobId);
  const merged = await mergeResults({
    store,
    ids: referenceAt(store, jobFiles(jobId).ids, plan.ids),
    rounds: outcomesByRound(store, jobId, chunks),
    resultsKey: files.results,
    failuresKey: files.failures,
    isStillWanted: async () => (await readReport()) === undefined,
    onProgress: (requests) => {
      beat({ step: 'merging', requests, of: input.total });
    },
  });
  if (merged !== null) {
    assertWhole(input, merged);
    // This run may belong to a terminated execution while the next one submits the rest: check once more that every
    // batch was collected.
    if (input.status === 'canceled') await readChunks(store, plan);
    await store.writeNew(files.report, toText(toReport(input, chunks, merged)));
  }
  const report = await readReport();
  if (report !== undefined) return report;
  throw failure('MessageBatch.StoreUnavailable', 'The report was written, and does not exist.');
}

/**
 * Keys of the three files. In the job's own folder the first two have a name of this run's own until the report names
 * them, so that no other run can replace them; a user's folder gets the names that are documented.
 */
function filesOf({ job_id: jobId, output_key: folder }: PlanRecord) {
  const files = outputFiles(folder);
  if (folder !== jobFiles(jobId).folder) return files;
  return { ...files, ...runFiles(jobId, randomBytes(8).toString('hex')) };
}

interface CollectedChunk extends ChunkName {
  readonly batch: BatchRecord;
  readonly record: CollectedRecord;
  readonly duplicates: readonly DuplicateRecord[];
}

/**
 * Reads every chunk that has a batch, in all rounds that any execution recorded.
 *
 * @throws ApplicationFailure `MessageBatch.Interrupted` when a batch is not collected, or when a chunk may have a batch
 * that is not known yet: it is paid for, and a report without its results would lose them.
 */
async function readChunks(store: Store, plan: PlanRecord): Promise<CollectedChunk[]> {
  const { job_id: jobId } = plan;
  const found: CollectedChunk[] = [];
  for (const { round, chunks } of await readRounds(store, plan)) {
    for (let chunk = 0; chunk < chunks; chunk++) {
      const name = { jobId, round, chunk };
      const submission = await readSubmissionState(store, name);
      if (submission.state === 'none') continue;
      if (submission.state === 'open') {
        throw interrupted(`It is unknown whether chunk ${chunkLabel(name)} has a batch.`);
      }
      const { batch } = submission;
      const files = chunkFiles(jobId, name);
      const record = await readCollectedRecord(store, files.collected);
      if (!record) {
        const what = `The results of chunk ${chunkLabel(name)} have not been collected.`;
        throw interrupted(what, batch.batch_id);
      }
      const duplicates = await readDuplicates(store, files.duplicates);
      found.push({ round, chunk, batch, record, duplicates });
    }
  }
  return found;
}

function interrupted(what: string, batchId?: string): Error {
  const details = batchId === undefined ? {} : { details: { batchId } };
  return failure('MessageBatch.Interrupted', `${what} Start the job again.`, details);
}

async function readDuplicates(store: Store, folder: string): Promise<DuplicateRecord[]> {
  const keys = await store.list(folder);
  const records = await Promise.all(keys.map((key) => readDuplicateRecord(store, key)));
  return records.filter((record) => record !== undefined);
}

function outcomesByRound(
  store: Store,
  jobId: string,
  chunks: readonly CollectedChunk[]
): StoreReference[][] {
  const rounds: StoreReference[][] = [];
  for (const chunk of chunks) {
    const { run, outcomes } = chunk.record;
    const key = chunkFiles(jobId, chunk).outcomes(run);
    (rounds[chunk.round - 1] ??= []).push(referenceAt(store, key, outcomes));
  }
  // A round of which nothing was submitted leaves a hole.
  return rounds.filter((references) => references.length > 0);
}

/** Checks that every request is accounted for exactly once. */
function assertWhole(
  { total, status }: FinishInput,
  { requests, counts, unsubmitted }: Merged
): void {
  const sum = Object.values(counts).reduce((all, count) => all + count, 0);
  if (requests !== total || sum !== total) {
    throw failure(
      'MessageBatch.StoreDamaged',
      `The job has ${total} requests, but the store has ${requests} ids and ${sum} results.`
    );
  }
  if (status === 'completed' && unsubmitted > 0) {
    throw failure(
      'MessageBatch.Interrupted',
      `${unsubmitted} of ${total} requests were never submitted, although the job was not canceled. Start it again.`
    );
  }
}

function toReport(
  input: FinishInput,
  chunks: readonly CollectedChunk[],
  { counts, errorTypes, results, failures }: Merged
): Report {
  const usage = emptyUsage();
  const stopReasons = new Map<string, number>();
  let nanoUsd: bigint | null = 0n;
  for (const { record } of chunks) {
    addUsage(usage, record.usage);
    for (const [reason, count] of Object.entries(record.stop_reasons)) {
      stopReasons.set(reason, (stopReasons.get(reason) ?? 0) + count);
    }
    const cost = record.cost_nano_usd;
    nanoUsd = nanoUsd === null || cost === null ? null : nanoUsd + BigInt(cost);
  }
  return {
    job_id: input.jobId,
    status: input.status,
    requests: input.total,
    ...counts,
    rounds: new Set(chunks.map(({ round }) => round)).size,
    batches: chunks.map(toReportBatch),
    stop_reasons: Object.fromEntries(stopReasons),
    error_types: Object.fromEntries(errorTypes),
    usage,
    cost_usd: nanoUsd === null ? null : formatNanoUsd(nanoUsd),
    duplicates: chunks.flatMap(toReportDuplicates),
    prices_as_of: PRICES_AS_OF,
    started_at: input.startedAt,
    ended_at: input.endedAt,
    results,
    failures,
  };
}

function toReportBatch({ round, chunk, batch, record }: CollectedChunk): ReportBatch {
  const { requests, counts } = record.collected;
  return {
    id: batch.batch_id,
    round,
    chunk,
    requests,
    succeeded: counts.succeeded,
    errored: counts.errored,
    expired: counts.expired,
    canceled: counts.canceled,
    missing: counts.missing,
    created_at: batch.created_at,
    ended_at: record.ended_at,
  };
}

function toReportDuplicates({ round, chunk, duplicates }: CollectedChunk): ReportDuplicate[] {
  return duplicates.map(({ batch_id, created_at, requests, cost_nano_usd }) => ({
    id: batch_id,
    round,
    chunk,
    requests,
    created_at,
    cost_usd: cost_nano_usd === null ? null : formatNanoUsd(BigInt(cost_nano_usd)),
  }));
}
