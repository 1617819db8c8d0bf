import { jobFiles } from '../../src/records/job-files';
import type { PlanRecord } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';

/** Files of a chunk that are not needed after the report is written. */
const CHUNK_LEFTOVERS = /(^|\.)(body\.json|members\.jsonl|outcomes\.jsonl|retry\.jsonl)$/;

/**
 * Removes what an ended job no longer needs: bodies, members, outcomes, ids, and its own copy of the input.
 *
 * The records that prove payments and identify the job remain: plan, rounds, batches, intents, the report. An input
 * elsewhere in the store is the user's and remains too. Never fails: a left-over file only takes space.
 */
export async function tidyJob(store: Store, plan: PlanRecord): Promise<void> {
  const files = jobFiles(plan.job_id);
  try {
    await store.remove(files.ids);
    if (plan.requests_key === files.requests) await store.remove(files.requests);
    if (plan.params_key === files.params) await store.remove(files.params);
    for (const key of await store.list(files.chunks)) {
      const name = key.slice(key.lastIndexOf('/') + 1);
      if (CHUNK_LEFTOVERS.test(name)) await store.remove(key);
    }
  } catch {
    // The report is written; `forget` removes the rest.
  }
}
