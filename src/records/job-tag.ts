import { createHash } from 'node:crypto';
import type { JobContext } from '../contract/activities';
import { failure } from '../contract/failures';
import type { ChunkName } from '../contract/names';
import { wireIdPrefix } from '../core/plan/wire-id';
import type { Store } from '../store/store';
import { jobFiles } from './job-files';
import { readPlanRecord } from './plan-records';

/**
 * Identifies a job in the wire ids of its requests.
 *
 * The tag is the same for every execution of the job, and different for a job of the same id in another store or with
 * another input: a batch whose ids carry this tag is this job's.
 *
 * @returns 20 lower-case hex digits.
 */
export function jobTag(storeId: string, jobId: string, inputSha256: string): string {
  const whole = JSON.stringify([storeId, jobId, inputSha256]);
  return createHash('sha256').update(whole).digest('hex').slice(0, 20);
}

/**
 * Reads what the wire ids of a planned chunk begin with: it proves which results are the chunk's.
 *
 * @throws ApplicationFailure `MessageBatch.BadReference` when the job is not planned in this store.
 */
export async function readWireIdPrefix(
  store: Store,
  { jobId, site, round, chunk }: JobContext & ChunkName
): Promise<string> {
  const plan = await readPlanRecord(store, jobFiles(jobId).plan);
  if (plan === undefined) {
    throw failure('MessageBatch.BadReference', `The store has no plan of the job ${jobId}.`);
  }
  return wireIdPrefix({ jobTag: jobTag(site.storeId, jobId, plan.requests.sha256), round, chunk });
}
