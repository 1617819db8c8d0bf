/**
 * The records of a chunk's results.
 *
 * @module
 */
import type { Collected } from '../contract/activities';
import type { ReportUsage, StoreReference } from '../contract/public';
import { readRecord, type RecordSource } from './record-text';

/** A line of `retry.jsonl`: ascending by position; `attempt` is the number of the next submission. */
export type RetryLine = readonly [
  position: number,
  attempt: number,
  kind: 'retry' | 'account' | 'stopped',
];

/** `collected.json`: the outcomes of the chunk are complete. */
export interface CollectedRecord {
  readonly collected: Collected;
  /** Part of the names of both files: two runs of a collection may have read different things. */
  readonly run: string;
  readonly ended_at: string | null;
  /** Summed over the chunk's succeeded requests. */
  readonly usage: ReportUsage;
  readonly stop_reasons: Readonly<Record<string, number>>;
  /** Billionths of a US dollar, a whole number; null when a model's price is unknown. */
  readonly cost_nano_usd: string | null;
  readonly outcomes: StoreReference;
  readonly retry: StoreReference;
}

/** @returns undefined when the chunk is not collected. */
export async function readCollectedRecord(
  store: RecordSource,
  key: string
): Promise<CollectedRecord | undefined> {
  return (await readRecord(store, key, 'collected')) as CollectedRecord | undefined;
}
