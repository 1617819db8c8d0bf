import { jobFiles } from '../../src/records/job-files';
import type { PlanRecord } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';

/** Files of a chunk that are not needed any more when the job's three files exist. */
const CHUNK_LEFTOVERS: readonly string[] = [
  'body.json',
  'members.jsonl',
  'outcomes.jsonl',
  'retry.jsonl',
];

/**
 * Removes what a job that has ended needs no more: bodies, members, outcomes, ids, and its own copy of the input.
 *
 * What proves payments and stands for the id stays: plan, rounds, batches, intents, the report. An input that lies
 * elsewhere in the store is not ours to remove. Never fails: a leftover only takes room.
 */
export async function tidyJob(store: Store, plan: PlanRecord): Promise<void> {
  const files = jobFiles(plan.job_id);
  try {
    await store.remove(files.ids);
    if (plan.requests_key === files.requests) await store.remove(files.requests);
    if (plan.params_key === files.params) await store.remove(files.params);
    for (const key of await store.list(files.chunks)) {
      const name = key.slice(key.lastIndexOf('/') + 1);
      if (CHUNK_LEFTOVERS.includes(name)) await store.remove(key);
    }
  } catch {
    // The report stands; `forget` removes the rest.
  }
}
