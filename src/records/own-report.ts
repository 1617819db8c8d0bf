import { failure } from '../contract/failures';
import type { Report } from '../contract/public';
import { jobFiles, outputFiles } from './job-files';
import { readPlanRecord } from './plan-records';
import { readRecord, type RecordSource } from './record-text';

/**
 * Finds a job's report in the folder that its plan names.
 *
 * @returns undefined when the job has not ended, or the store has no record of it.
 */
export async function findReport(store: RecordSource, jobId: string): Promise<Report | undefined> {
  const plan = await readPlanRecord(store, jobFiles(jobId).plan);
  return plan && readReport(store, outputFiles(plan.output_key).report);
}

/**
 * Reads a report, whichever job's it is.
 *
 * @returns undefined when there is none.
 */
export async function readReport(store: RecordSource, key: string): Promise<Report | undefined> {
  return (await readRecord(store, key, 'job_id')) as Report | undefined;
}

/**
 * Reads a job's report in an output folder.
 *
 * @returns undefined when there is none.
 * @throws ApplicationFailure `MessageBatch.BadOptions` when the folder contains another job's report.
 */
export async function readOwnReport(
  store: RecordSource,
  outputKey: string,
  jobId: string
): Promise<Report | undefined> {
  const report = await store.readJson(outputFiles(outputKey).report);
  if (report === undefined) return undefined;
  if (typeof report === 'object' && report !== null && 'job_id' in report) {
    if (report.job_id === jobId) return report as Report;
  }
  throw failure(
    'MessageBatch.BadOptions',
    `The output folder ${outputKey} contains a report.json of another job. Nothing was changed; choose another folder.`
  );
}
