/**
 * Frees the id of a job whose input was refused, for the corrected one.
 *
 * @module
 */
import { findMessageBatchFailure, type FailureType } from '../../src/contract/failures';
import { isSameButInput } from '../../src/core/plan/identity';
import { jobFiles } from '../../src/records/job-files';
import { readIdentity, readPlanRecord } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';
import type { JobRequest } from './plan-input';

const REFUSALS: readonly FailureType[] = [
  'MessageBatch.BadOptions',
  'MessageBatch.BadReference',
  'MessageBatch.BadRequests',
];

/**
 * Removes the record of what an id stands for when planning was refused.
 *
 * Nothing is paid before `plan.json` exists, so the record protects nothing yet. Clients write it before any line is
 * checked. That of a job with other options is left alone.
 */
export async function freeRefusedId(
  store: Store,
  { jobId, options }: Pick<JobRequest, 'jobId' | 'options'>,
  error: unknown
): Promise<void> {
  const type = findMessageBatchFailure(error)?.type;
  if (type === undefined || !REFUSALS.includes(type)) return;
  const files = jobFiles(jobId);
  const known = await readIdentity(store, files.job);
  if (known === undefined || !isSameButInput(known, options)) return;
  // Another attempt may have planned the job meanwhile.
  if ((await readPlanRecord(store, files.plan)) === undefined) await store.remove(files.job);
}
