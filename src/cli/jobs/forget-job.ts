/**
 * `forget`: deletes an ended job's objects from the store.
 */
import { jobFiles, outputFiles } from '../../records/job-files';
import { findReport, readReport } from '../../records/own-report';
import { readPlanRecord } from '../../records/plan-records';
import type { Store } from '../../store/store';
import { commandError } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { plural, print } from '../text/output';
import { canAsk, confirm } from '../text/prompt';
import { hint } from '../flags/hints';
import type { TargetFlags } from '../flags/target-flags';
import { withJob, type JobCommand } from './job-command';
import { findJob, isInStore, unknownJob } from './job-lookup';

export interface ForgetFlags extends TargetFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** @returns the exit status. */
export function forgetJob(jobId: string, flags: ForgetFlags): Promise<number> {
  return withJob(jobId, flags, { needsActivities: false }, (job) => forget(job, flags));
}

async function forget({ session, handle }: JobCommand, flags: ForgetFlags): Promise<number> {
  const { store, target } = session;
  const { jobId } = handle;
  if ((await findJob(session, jobId)) === 'running') {
    throw commandError(
      `The job ${jobId} is running: cancel it first, and forget it when it has ended: ${hint(target, 'cancel', jobId)}`
    );
  }
  const keys = await keysOf(store, jobId);
  if (keys.length === 0 && !(await isInStore(store, jobId))) throw unknownJob(session, jobId);
  const hasEnded = (await findReport(store, jobId)) !== undefined;
  const submitted = keys.filter((key) => key.endsWith('/batch.json')).length;
  if (!hasEnded && submitted > 0 && flags.force !== true) {
    throw commandError(
      `The job ${jobId} stopped before its end, with ${plural(submitted, 'batch')} submitted: running it again collects them; --force gives up what was paid for them.`
    );
  }
  const question = `Forget the job ${jobId}, ${plural(keys.length, 'object')} in ${store.uri}? Running it again would pay again.`;
  if (flags.yes !== true && !canAsk()) {
    throw commandError(`${question} There is no terminal to ask on: confirm with --yes.`);
  }
  if (flags.yes !== true && !(await confirm(question))) {
    throw commandError('Nothing was removed.');
  }
  await remove(store, jobId);
  print(`The job ${jobId} is forgotten: ${plural(keys.length, 'object')} removed.`);
  return EXIT.done;
}

async function keysOf(store: Store, jobId: string): Promise<string[]> {
  return store.list(jobFiles(jobId).folder);
}

/** The three files may be in another folder. The job's folder is removed last, so that an interrupted `forget` can be repeated. */
async function remove(store: Store, jobId: string): Promise<void> {
  const { folder, plan: planKey } = jobFiles(jobId);
  const plan = await readPlanRecord(store, planKey);
  if (plan !== undefined && plan.output_key !== folder) {
    const { results, failures, report } = outputFiles(plan.output_key);
    if ((await readReport(store, report))?.job_id === jobId) {
      for (const key of [report, results, failures]) await store.remove(key);
    }
  }
  await store.remove(folder);
}
