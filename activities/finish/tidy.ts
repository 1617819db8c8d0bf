import type { Report } from '../../src/contract/public';
import { jobFiles } from '../../src/records/job-files';
import type { PlanRecord } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';
import { leftovers } from './leftovers';

/**
 * Removes what the report of an ended job has made superfluous.
 *
 * The records that prove payments and identify the job remain: plan, rounds, batches, intents, the report. An input
 * elsewhere in the store is the user's and remains too. Never fails: a left-over file only takes space.
 */
export async function tidyJob(
  store: Store,
  { job_id: jobId, requests_key: requestsKey, params_key: paramsKey }: PlanRecord,
  { batches, results, failures }: Report
): Promise<void> {
  const files = jobFiles(jobId);
  try {
    const keys = await store.list(files.folder);
    for (const key of leftovers(keys, { jobId, batches, results, failures })) {
      const isTheUsers =
        (key === files.requests && requestsKey !== key) ||
        (key === files.params && paramsKey !== key);
      if (!isTheUsers) await store.remove(key);
    }
  } catch {
    // The report is written; `forget` removes the rest.
  }
}
