/**
 * What a `run` is asked to do: flags, input and the folder's own record put together, and every contradiction refused.
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { resolveOptions, type JobOptions } from '../../contract/options';
import { findReport } from '../../records/own-report';
import { openStore } from '../../store/open-store';
import { COMMAND } from '../text/command-name';
import { commandError } from '../text/errors';
import { quote } from '../text/output';
import { resolveTarget, toPlace, type Target } from '../flags/target';
import type { TargetFlags } from '../flags/target-flags';
import { assertJobName } from '../jobs/job-lookup';
import { readOutNote, type OutNote } from './out-folder';
import { openInput, openStoredInput, storedOptions, type InputFile } from './run-input';

export interface RunRequestFlags extends TargetFlags {
  readonly out?: string;
  readonly job?: string;
  readonly detach?: boolean;
  readonly dryRun?: boolean;
}

/** A `run`: of a job that its folder does not remember, of one that it does, or of one that has ended. */
export type RunRequest = NewRun | ContinuedRun | FetchRun;

export interface NewRun extends RunBase {
  readonly kind: 'new';
  readonly input: InputFile;
  /** Null: made from the input. */
  readonly jobId: string | null;
  /** Absolute; null: nothing is copied. */
  readonly outDir: string | null;
}

export interface ContinuedRun extends RunBase {
  readonly kind: 'continue';
  readonly input: InputFile;
  readonly jobId: string;
  readonly outDir: string;
}

/** The job has ended: its files only need to be copied. */
export interface FetchRun extends RunBase {
  readonly kind: 'fetch';
  readonly jobId: string;
  readonly outDir: string;
}

interface RunBase {
  readonly target: Target;
  readonly options: JobOptions;
}

/**
 * Decides what to run.
 *
 * @param options - from this command's flags.
 * @throws CommandError when flags, folder and input contradict each other.
 */
export async function prepareRun(
  file: string | undefined,
  flags: RunRequestFlags,
  options: JobOptions
): Promise<RunRequest> {
  if (flags.job !== undefined) assertJobName(flags.job);
  if (flags.out === undefined) {
    if (flags.detach !== true && flags.dryRun !== true) {
      throw commandError('Name the folder for the results: --out DIR (or leave with --detach).');
    }
    return newRun(file, flags, options, null);
  }
  const outDir = resolve(flags.out);
  const note = await readOutNote(outDir);
  if (note === undefined) return newRun(file, flags, options, outDir);
  const target = targetFromNote(flags, note, outDir);
  const run = { target, jobId: note.job_id, outDir };
  if (file === undefined) return continueFromStore(run, note, options);
  const input = await openInput(file);
  return { ...run, kind: 'continue', input, options: { ...note.options, ...options } };
}

/** Removes the temporary copy of the input, if one was made. */
export async function releaseInput(request: RunRequest): Promise<void> {
  if (request.kind !== 'fetch') await request.input.release();
}

async function newRun(
  file: string | undefined,
  flags: RunRequestFlags,
  options: JobOptions,
  outDir: string | null
): Promise<NewRun> {
  if (file === undefined) throw nothingToRun(outDir);
  const target = resolveTarget(flags);
  const jobId = flags.job ?? null;
  return { kind: 'new', target, jobId, outDir, options, input: await openInput(file) };
}

async function continueFromStore(
  run: { readonly target: Target; readonly jobId: string; readonly outDir: string },
  note: OutNote,
  options: JobOptions
): Promise<RunRequest> {
  await assertStoreExists(run.target.store, note);
  const store = await openStore(run.target.store);
  const merged = { ...(await storedOptions(store, note)), ...options };
  resolveOptions(merged);
  if ((await findReport(store, run.jobId)) !== undefined) {
    return { ...run, kind: 'fetch', options: merged };
  }
  const input = await openStoredInput(store, run.jobId);
  return { ...run, kind: 'continue', input, options: merged };
}

/** The folder remembers where its job runs; a flag that names another place is a contradiction. */
function targetFromNote(flags: RunRequestFlags, note: OutNote, outDir: string): Target {
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
  // Another server has no record of the job: a second execution would run beside the first.
  throw commandError(
    `The job ${jobId} of ${outDir} runs at Temporal ${address}, namespace ${namespace}: set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE to them.`
  );
}

/** Opening a store creates it; one that was removed must not silently be created again, empty. */
async function assertStoreExists(store: string, { job_id: jobId }: OutNote): Promise<void> {
  if (!store.startsWith('/')) return;
  const found = await stat(store).catch(() => null);
  if (found === null) {
    throw commandError(`The store ${store} of the job ${jobId} no longer exists.`);
  }
}

function nothingToRun(outDir: string | null): Error {
  return commandError(
    outDir === null
      ? `Name the FILE with the requests: ${COMMAND} run FILE --out DIR.`
      : `The folder ${outDir} remembers no job: name the FILE with the requests.`
  );
}
