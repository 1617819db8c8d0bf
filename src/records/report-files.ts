import type { Report, StoreReference } from '../contract/public';
import type { Store } from '../store/store';
import { jobFiles, outputFiles, runFiles, runOf } from './job-files';
import { readPlanRecord } from './plan-records';
import { referenceAt } from './reference-at';

/** The files of an ended job as they are found in this store, whose root may differ from that of the report's writer. */
export interface ReportFiles {
  readonly results: StoreReference;
  readonly failures: StoreReference;
}

export async function findReportFiles(
  store: Pick<Store, 'readJson' | 'uriOf'>,
  jobId: string,
  { results, failures }: Report
): Promise<ReportFiles> {
  const plan = await readPlanRecord(store, jobFiles(jobId).plan);
  const run = runOf(results.uri);
  const keys =
    run === null ? outputFiles(plan?.output_key ?? jobFiles(jobId).folder) : runFiles(jobId, run);
  return {
    results: referenceAt(store, keys.results, results),
    failures: referenceAt(store, keys.failures, failures),
  };
}
