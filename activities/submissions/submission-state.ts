/**
 * What the records say about the submission of a chunk.
 *
 * @module
 */
import type { Submission } from '../../src/contract/activities';
import { BATCH_LIFETIME_MS } from '../../src/contract/limits';
import { chunkFiles, type ChunkOfJob } from '../../src/records/job-files';
import { readBatchRecord, type BatchRecord } from '../../src/records/submission-records';
import type { Store } from '../../src/store/store';
import { earliestApiTime, readIntents, type Intent, type IntentWithEnd } from './intents';

export type SubmissionState =
  | { readonly state: 'submitted'; readonly batch: BatchRecord }
  /** Intents without a known end, the earliest first. */
  | { readonly state: 'open'; readonly intents: readonly Intent[] }
  | { readonly state: 'none' };

/**
 * Reads the state of a chunk's submission.
 *
 * @param own - Name of an intent to leave out: the caller's.
 */
export async function readSubmissionState(
  store: Store,
  chunk: ChunkOfJob,
  own?: string
): Promise<SubmissionState> {
  const batch = await readBatchRecord(store, chunkFiles(chunk.jobId, chunk).batch);
  if (batch !== undefined) return { state: 'submitted', batch };
  return submissionState(await readIntents(store, chunk), own);
}

/** Decides the state of a submission without a batch record. */
export function submissionState(intents: readonly IntentWithEnd[], own?: string): SubmissionState {
  const others = intents.filter(({ name }) => name !== own);
  // An accepted intent without a batch id, which no version writes, counts as open: that costs time and never money.
  const open = others.filter(({ end }) => end === null || end.end === 'accepted');
  for (const { name, record, end } of open) {
    if (end?.batch_id === undefined) continue;
    return { state: 'submitted', batch: toBatchRecord(name, record, end.batch_id, end.at) };
  }
  return open.length > 0 ? { state: 'open', intents: open } : { state: 'none' };
}

/** The state as the Workflow gets it. */
export function toSubmission(state: SubmissionState, requests: number): Submission {
  switch (state.state) {
    case 'submitted': {
      const { batch_id: batchId, created_at: createdAt, expires_at: expiresAt } = state.batch;
      return { state: 'submitted', batchId, createdAt, expiresAt, requests };
    }
    case 'open':
      return {
        state: 'unknown',
        requests,
        intents: state.intents.map(({ name }) => name),
        since: earliestApiTime(state.intents),
      };
    case 'none':
      return { state: 'none', requests };
  }
}

/** Stands in for a batch record that could not be written; the next status check writes the API's own times. */
function toBatchRecord(
  intent: string,
  { api_time: createdAt }: Intent['record'],
  batchId: string,
  recordedAt: string
): BatchRecord {
  const expiresAt = new Date(Date.parse(createdAt) + BATCH_LIFETIME_MS).toISOString();
  return {
    batch_id: batchId,
    created_at: createdAt,
    expires_at: expiresAt,
    intent,
    recorded_at: recordedAt,
  };
}
