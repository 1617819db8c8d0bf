/**
 * `messageBatchFinish`: writes the three files, `report.json` last.
 *
 * @module
 */
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
import { chunkFiles, jobFiles, outputFiles } from '../../src/records/job-files';
import { readDuplicateRecord, type DuplicateRecord } from '../../src/records/orphan-records';
import { readOwnReport } from '../../src/records/own-report';
import { readPlanRecord, type PlanRecord } from '../../src/records/plan-records';
import { toText } from '../../src/records/record-text';
import { referenceAt } from '../../src/records/reference-at';
import { readBatchRecord, type BatchRecord } from '../../src/records/submission-records';
import type { Store } from '../../src/store/store';
import type { ActivityDeps } from '../worker/deps';
import { throttledHeartbeat } from '../worker/heartbeat';
import { assertRightStore } from '../worker/right-worker';
import { mergeResults, type Merged } from './merge-results';
import { tidyJob } from './tidy';

/** Creates the Activity. A report that exists is returned as it is. */
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
    const report = known ?? (await writeFiles(store, input, plan));
    await tidyJob(store, plan);
    return report;
  };
}

async function writeFiles(store: Store, input: FinishInput, plan: PlanRecord): Promise<Report> {
  const { jobId } = input;
  const beat = throttledHeartbeat();
  const chunks = await readChunks(store, input);
  const files = outputFiles(plan.output_key);
  const merged = await mergeResults({
    store,
    ids: referenceAt(store, jobFiles(jobId).ids, plan.ids),
    rounds: outcomesByRound(store, input, chunks),
    resultsKey: files.results,
    failuresKey: files.failures,
    onProgress: (requests) => {
      beat({ step: 'merging', requests, of: input.total });
    },
  });
  assertWhole(input, merged);
  // This run may belong to a terminated execution while the next one submits the rest: check once more that every batch
  // was collected.
  if (input.status === 'canceled') await readChunks(store, input);
  const report = toReport(input, chunks, merged);
  await store.write(files.report, toText(report));
  return report;
}

interface CollectedChunk extends ChunkName {
  readonly batch: BatchRecord;
  readonly record: CollectedRecord;
  readonly duplicates: readonly DuplicateRecord[];
}

/** Reads every chunk that has a batch. */
async function readChunks(store: Store, { jobId, rounds }: FinishInput): Promise<CollectedChunk[]> {
  const found: CollectedChunk[] = [];
  for (const { round, chunks } of rounds) {
    for (let chunk = 0; chunk < chunks; chunk++) {
      const files = chunkFiles(jobId, { round, chunk });
      const batch = await readBatchRecord(store, files.batch);
      if (!batch) continue;
      const record = await readCollectedRecord(store, files.collected);
      if (!record) {
        // The batch is paid for: a report without its results would lose them.
        throw failure(
          'MessageBatch.Interrupted',
          `The results of chunk ${chunkLabel({ round, chunk })} have not been collected. Start the job again.`,
          { details: { batchId: batch.batch_id } }
        );
      }
      const duplicates = await readDuplicates(store, files.duplicates);
      found.push({ round, chunk, batch, record, duplicates });
    }
  }
  return found;
}

async function readDuplicates(store: Store, folder: string): Promise<DuplicateRecord[]> {
  const keys = await store.list(folder);
  const records = await Promise.all(keys.map((key) => readDuplicateRecord(store, key)));
  return records.filter((record) => record !== undefined);
}

function outcomesByRound(
  store: Store,
  { jobId, rounds }: FinishInput,
  chunks: readonly CollectedChunk[]
): StoreReference[][] {
  return rounds.map(({ round }) =>
    chunks
      .filter((chunk) => chunk.round === round)
      .map((chunk) => {
        const { run, outcomes } = chunk.record;
        return referenceAt(store, chunkFiles(jobId, chunk).outcomes(run), outcomes);
      })
  );
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
