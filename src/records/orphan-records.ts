/**
 * The records of batches that a POST without an answer may have created.
 *
 * @module
 */
import { readRecord, type RecordSource } from './record-text';

/** `candidates/<batch id>.json`: a batch that a POST without an answer may have created. */
export interface CandidateRecord {
  readonly batch_id: string;
  readonly created_at: string;
  readonly proof: 'ours' | 'foreign' | 'unproven';
  /** True when it was first listed after `lostAnswerWait`. */
  readonly late?: boolean;
}

/** `duplicates/<batch id>.json`: a second batch of the chunk, proven ours. */
export interface DuplicateRecord {
  readonly batch_id: string;
  readonly created_at: string;
  readonly requests: number;
  /** Billionths of a US dollar; null when the cost is unknown. */
  readonly cost_nano_usd: string | null;
}

/** @returns undefined when the batch is not recorded as a candidate. */
export async function readCandidateRecord(
  store: RecordSource,
  key: string
): Promise<CandidateRecord | undefined> {
  return (await readRecord(store, key, 'proof')) as CandidateRecord | undefined;
}

/** @returns undefined when there is none. */
export async function readDuplicateRecord(
  store: RecordSource,
  key: string
): Promise<DuplicateRecord | undefined> {
  return (await readRecord(store, key, 'cost_nano_usd')) as DuplicateRecord | undefined;
}
