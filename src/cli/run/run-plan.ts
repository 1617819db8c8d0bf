/**
 * What a `run` is about to do: input, options, place and folder put together, and every contradiction refused.
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { resolveOptions, type JobOptions } from '../../contract/options';
import { openStore } from '../../store/open-store';
import { commandError } from '../text/errors';
import { findReport } from '../../records/own-report';
import { assertJobName } from '../jobs/job-lookup';
import { readOutNote, type OutNote } from './out-folder';
import { quote } from '../text/output';
import { openInput, openStoredInput, storedOptions } from './run-input';
import { resolveTarget, toPlace, type TargetFlags, type Target } from '../flags/target';

export interface RunPlanFlags extends TargetFlags {
  readonly out?: string;
  readonly job?: string;
  readonly detach?: boolean;
  readonly dryRun?: boolean;
}

export interface RunPlan {
  readonly target: Target;
  /** Null: the job has ended, and its input is gone with it. */
  readonly inputPath: string | null;
  /** Null: made of the input. */
  readonly jobId: string | null;
  readonly options: JobOptions;
  /** Absolute; null where nothing is to be fetched. */
  readonly outDir: string | null;
  /** Whether the folder remembered a job before. */
  readonly isContinued: boolean;
  readonly release: () => Promise<void>;
}

/**
 * Puts together what to run.
 *
 * @param options - of this command's flags.
 * @throws CommandError when flags, folder and input contradict each other.
 */
export async function prepareRun(
  file: string | undefined,
  flags: RunPlanFlags,
  options: JobOptions
): Promise<RunPlan> {
  if (flags.job !== undefined) assertJobName(flags.job);
  const outDir = flags.out === undefined ? null : resolve(flags.out);
  if (outDir === null && flags.detach !== true && flags.dryRun !== true) {
    throw commandError('Name the folder for the results: --out DIR (or leave with --detach).');
  }
  const note = outDir === null ? undefined : await readOutNote(outDir);
  if (file === undefined && note === undefined) throw nothingToRun(outDir);
  const target = note ? targetFromNote(flags, note, outDir ?? '') : resolveTarget(flags);
  const jobId = flags.job ?? note?.job_id ?? null;
  if (note === undefined || file !== undefined) {
    const input = await openInput(file ?? '');
    return {
      target,
      jobId,
      outDir,
      inputPath: input.path,
      options: note ? { ...note.options, ...options } : options,
      isContinued: note !== undefined,
      release: input.release,
    };
  }
  return goOn(target, note, outDir, options);
}

const NO_INPUT = { path: null, release: () => Promise.resolve() };

async function goOn(
  target: Target,
  note: OutNote,
  outDir: string | null,
  options: JobOptions
): Promise<RunPlan> {
  await assertStoreThere(target.store, note);
  const store = await openStore(target.store);
  const jobId = note.job_id;
  const merged = { ...(await storedOptions(store, note)), ...options };
  resolveOptions(merged);
  const hasEnded = (await findReport(store, jobId)) !== undefined;
  const input = hasEnded ? NO_INPUT : await openStoredInput(store, jobId);
  return {
    target,
    jobId,
    outDir,
    inputPath: input.path,
    options: merged,
    isContinued: true,
    release: input.release,
  };
}

/** The folder's own place holds; a flag that names another one is a contradiction. */
function targetFromNote(flags: RunPlanFlags, note: OutNote, outDir: string): Target {
  const { state, store, temporal, task_queue: taskQueue, job_id: jobId } = note;
  const given: readonly (readonly [string, string | undefined, string])[] = [
    ['--job', flags.job, jobId],
    ['--state', flags.state && resolve(flags.state), state],
    ['--store', flags.store && toPlace(flags.store), store],
    ['--task-queue', flags.taskQueue, taskQueue],
    ['--address', flags.address, temporal?.address ?? 'none'],
    ['--namespace', flags.namespace, temporal?.namespace ?? 'default'],
  ];
  for (const [flag, value, known] of given) {
    if (value === undefined || value === known) continue;
    throw commandError(
      `The folder ${outDir} belongs to the job ${jobId} with ${flag} ${quote(known)}, not ${quote(value)}: ` +
        'leave the flag out, or choose another folder.'
    );
  }
  const target = resolveTarget({ ...flags, state, store, taskQueue });
  if (temporal === null) return { ...target, temporal: null };
  const { address, namespace } = temporal;
  if (target.temporal?.address === address && target.temporal.namespace === namespace) {
    return target;
  }
  // Another server knows nothing of the job: a second execution would run beside the first.
  throw commandError(
    `The job ${jobId} of ${outDir} runs at Temporal ${address}, namespace ${namespace}: set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE to them.`
  );
}

/** Opening a store makes one; a folder that went away is not to be made again in silence. */
async function assertStoreThere(store: string, { job_id: jobId }: OutNote): Promise<void> {
  if (!store.startsWith('/')) return;
  const found = await stat(store).catch(() => null);
  if (found === null) {
    throw commandError(`The store ${store} of the job ${jobId} is not there any more.`);
  }
}

function nothingToRun(outDir: string | null): Error {
  return commandError(
    outDir === null
      ? 'Name the FILE with the requests: message-batches run FILE --out DIR.'
      : `The folder ${outDir} remembers no job: name the FILE with the requests.`
  );
}
