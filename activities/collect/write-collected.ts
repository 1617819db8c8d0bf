import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { BatchCheck, Collected, CollectInput } from '../../src/contract/activities';
import type { ResultType } from '../../src/core/collect/outcome';
import { toNanoUsd } from '../../src/core/money/cost';
import { readCollectedRecord, type CollectedRecord } from '../../src/records/collected-record';
import { chunkFiles } from '../../src/records/job-files';
import { toRecordText } from '../../src/records/record-text';
import type { Store } from '../../src/store/store';
import { ensureBatchRecord } from '../submissions/batch-record';
import { verdictOf, type ResultsIndex } from './results-index';
import { outcomeLines, retryLines } from './write-outcomes';

export interface CollectedParts {
  readonly store: Store;
  readonly input: CollectInput;
  /** Null for a batch that the API no longer knows. */
  readonly check: BatchCheck | null;
  readonly index: ResultsIndex;
  readonly spool: FileHandle;
  /** Throws when the Activity is canceled. */
  readonly heartbeat: (details: unknown) => void;
}

/**
 * Writes the outcomes of a chunk, its requests for a later round, and last the record.
 *
 * The record is written once. Where another run, that of a Worker given up by Temporal, was first, its record is the
 * result, and the files of this run are removed: the two may have read different things.
 */
export async function writeCollected(parts: CollectedParts): Promise<Collected> {
  const { store, input, check } = parts;
  const files = chunkFiles(input.jobId, input);
  const record = await writeRun(parts, randomBytes(8).toString('hex'));
  // Finish reads the batch record first, so a collected chunk must have one.
  if (check !== null) await ensureBatchRecord(store, input, input.batchId, check);
  await store.writeNew(files.collected, toRecordText(record));
  const winner = (await readCollectedRecord(store, files.collected)) ?? record;
  if (winner.run !== record.run) {
    await store.remove(files.outcomes(record.run));
    await store.remove(files.retry(record.run));
  }
  return winner.collected;
}

async function writeRun(
  { store, input, check, index, spool, heartbeat }: CollectedParts,
  run: string
): Promise<CollectedRecord> {
  const files = chunkFiles(input.jobId, input);
  return {
    collected: sumUp(input.batchId, index),
    run,
    ended_at: check?.endedAt ?? null,
    usage: index.usage,
    stop_reasons: index.stopReasons,
    cost_nano_usd: index.costPicoUsd === null ? null : toNanoUsd(index.costPicoUsd).toString(),
    outcomes: await store.write(
      files.outcomes(run),
      withHeartbeat(outcomeLines(index, spool), heartbeat)
    ),
    retry: await store.write(files.retry(run), withHeartbeat(retryLines(index), heartbeat)),
  };
}

/** Counts the verdicts. `requests` is the sum of `counts`, and of `final`, `retry` and `stopped`. */
function sumUp(batchId: string, index: ResultsIndex): Collected {
  const final: Record<ResultType, number> = {
    succeeded: 0,
    errored: 0,
    expired: 0,
    canceled: 0,
    missing: 0,
  };
  let retry = 0;
  let retryAfterAccount = 0;
  let stopped = 0;
  for (let member = 0; member < index.members.count; member++) {
    const verdict = verdictOf(index, member);
    switch (verdict.outcome) {
      case 'done':
      case 'give_up':
        final[verdict.type]++;
        break;
      case 'stopped':
        stopped++;
        break;
      case 'retry':
        retry++;
        if (verdict.kind === 'account') retryAfterAccount++;
        break;
    }
  }
  const { counts, members } = index;
  const requests = members.count;
  return { batchId, requests, counts, retry, retryAfterAccount, stopped, final };
}

async function* withHeartbeat(
  source: AsyncIterable<Buffer>,
  heartbeat: CollectedParts['heartbeat']
): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    heartbeat({ phase: 'writing' });
    yield piece;
  }
}
