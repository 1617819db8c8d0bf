import type { Command } from 'commander';
import { jobFiles, outputFiles } from '../../records/job-files';
import { readReport } from '../../records/own-report';
import { readPlanRecord } from '../../records/plan-records';
import { commandError } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { hint } from '../flags/hints';
import { withJob, type JobCommand } from '../jobs/job-command';
import { findExecution } from '../../client/execution';
import { findReport } from '../../records/own-report';
import { isInStore, unknownJob } from '../jobs/job-lookup';
import { plural, print } from '../text/output';
import { canAsk, confirm } from '../text/prompt';
import { addTargetFlags, type TargetFlags } from '../flags/target';
import type { Store } from '../../store/store';

interface ForgetFlags extends TargetFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
}

const EXAMPLES = `
The store keeps what a job needs to never pay twice. Once it is forgotten, running the same input again pays again.
What was copied with --out stays.

Examples:
  $ message-batches forget nightly
  $ message-batches forget nightly --yes       asks nothing: for scripts
  $ message-batches forget nightly --force     also when batches were submitted and never collected`;

export function addForgetCommand(program: Command): void {
  const command = program
    .command('forget')
    .summary('remove an ended job from the store')
    .description("Removes an ended job's objects from the store: input, results, records.")
    .argument('<JOB>', 'id of the job')
    .option('-y, --yes', 'ask nothing; needed where nobody can be asked')
    .option('--force', 'give up a job that stopped before its end, and what it paid for');
  addTargetFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((jobId: string, flags: ForgetFlags) =>
      withJob(jobId, flags, { needsActivities: false }, (job) => forget(job, flags))
    );
}

async function forget({ session, handle }: JobCommand, flags: ForgetFlags): Promise<number> {
  const { store, target } = session;
  const { jobId } = handle;
  if ((await findExecution(session.client, jobId)) === 'running') {
    throw commandError(
      `The job ${jobId} runs: cancel it first, and forget it when it has ended: ${hint(target, 'cancel', jobId)}`
    );
  }
  const keys = await keysOf(store, jobId);
  if (keys.length === 0 && !(await isInStore(store, jobId))) throw unknownJob(session, jobId);
  const hasEnded = (await findReport(store, jobId)) !== undefined;
  const submitted = keys.filter((key) => key.endsWith('/batch.json')).length;
  if (!hasEnded && submitted > 0 && flags.force !== true) {
    throw commandError(
      `The job ${jobId} stopped before its end, with ${plural(submitted, 'batch')} submitted: running it again collects them; --force gives them up.`
    );
  }
  const question = `Forget the job ${jobId}, ${plural(keys.length, 'object')} in ${store.uri}? Running it again would pay again.`;
  if (flags.yes !== true && !canAsk()) {
    throw commandError(`${question} Nobody is there to ask: --yes says so.`);
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

/** The three files may lie elsewhere; the job's folder goes last, so that a forget that was cut short can be repeated. */
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
