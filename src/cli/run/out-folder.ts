/**
 * The folder of `--out`: the note that remembers its job, and the three files.
 *
 * The note is written before anything is paid. The files come from the store under temporary names and are moved to
 * their own, the report last: if it exists, all three are complete.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Report, StoreReference } from '../../contract/public';
import { jobFiles, outputFiles } from '../../records/job-files';
import { readReport } from '../../records/own-report';
import { readPlanRecord } from '../../records/plan-records';
import { findReportFiles } from '../../records/report-files';
import type { JobOptions } from '../../contract/options';
import type { Store } from '../../store/store';
import { commandError } from '../text/errors';
import type { Target } from '../flags/target';

const NOTE_NAME = '.message-batches-job.json';
const FILE_NAMES = { results: 'results.jsonl', failures: 'failures.jsonl', report: 'report.json' };

/** What a folder remembers of its job. */
export interface OutNote {
  readonly job_id: string;
  readonly store: string;
  readonly state: string;
  readonly task_queue: string;
  /** Null: the dev server of the state folder. */
  readonly temporal: { readonly address: string; readonly namespace: string } | null;
  /** As they were given, without `params`, which are in the store. */
  readonly options: JobOptions;
}

export function toOutNote(
  jobId: string,
  { stateDir, store, taskQueue, temporal }: Target,
  given: JobOptions
): OutNote {
  const options = Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'params'));
  return {
    job_id: jobId,
    store,
    state: stateDir,
    task_queue: taskQueue,
    temporal:
      temporal === null ? null : { address: temporal.address, namespace: temporal.namespace },
    options,
  };
}

/** @returns undefined when the folder has no note, or does not exist. */
export async function readOutNote(dir: string): Promise<OutNote | undefined> {
  const note = await readJson(join(dir, NOTE_NAME));
  if (note === undefined) return undefined;
  if (typeof note === 'object' && note !== null && 'job_id' in note && 'store' in note) {
    return note as OutNote;
  }
  throw commandError(`The file ${join(dir, NOTE_NAME)} is damaged; remove it and start again.`);
}

/**
 * Creates the folder, with a note of its job.
 *
 * @throws CommandError when the folder has another job's files; nothing is changed then.
 */
export async function claimOutFolder(dir: string, note: OutNote): Promise<void> {
  await assertFree(dir, note.job_id);
  await mkdir(dir, { recursive: true });
  await writeWhole(join(dir, NOTE_NAME), `${JSON.stringify(note, null, 2)}\n`);
}

/** Removes the note, so that another job can use the folder. */
export async function releaseOutFolder(dir: string, jobId: string): Promise<void> {
  const note = await readOutNote(dir);
  if (note?.job_id === jobId) await rm(join(dir, NOTE_NAME), { force: true });
}

/**
 * Copies the three files of an ended job from the store.
 *
 * @throws ApplicationFailure `MessageBatch.StoreDamaged` when a file is not what the report says; the report is not
 * written then.
 */
export async function copyOutputs(store: Store, jobId: string, dir: string): Promise<Report> {
  const plan = await readPlanRecord(store, jobFiles(jobId).plan);
  const keys = outputFiles(plan?.output_key ?? jobFiles(jobId).folder);
  const report = await readReport(store, keys.report);
  if (report === undefined) throw commandError(`The job ${jobId} has no report in the store.`);
  const { results, failures } = await findReportFiles(store, jobId, report);
  await copyVerified(store, results, join(dir, FILE_NAMES.results));
  await copyVerified(store, failures, join(dir, FILE_NAMES.failures));
  const text = await readWhole(store.read(keys.report));
  await writeWhole(join(dir, FILE_NAMES.report), text);
  return report;
}

async function assertFree(dir: string, jobId: string): Promise<void> {
  const note = await readOutNote(dir);
  const report = await readJson(join(dir, FILE_NAMES.report));
  const owner = note?.job_id ?? (report as { job_id?: unknown } | null | undefined)?.job_id;
  if (owner === jobId) return;
  if (typeof owner === 'string') {
    throw commandError(
      `The folder ${dir} belongs to the job ${owner}, not to ${jobId}: choose another folder.`
    );
  }
  for (const name of Object.values(FILE_NAMES)) {
    if (await exists(join(dir, name))) {
      throw commandError(
        `The folder ${dir} has a ${name} of another job than ${jobId}: choose another folder.`
      );
    }
  }
}

async function copyVerified(store: Store, reference: StoreReference, path: string): Promise<void> {
  const source = store.readVerified(reference);
  await atomically(path, async (temporary) => {
    await pipeline(Readable.from(source), createWriteStream(temporary, { flags: 'wx' }));
  });
}

async function writeWhole(path: string, text: string): Promise<void> {
  await atomically(path, async (temporary) => {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  });
}

/** No half-written file has a final name, not even after a power failure. */
async function atomically(
  path: string,
  write: (temporary: string) => Promise<void>
): Promise<void> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await write(temporary);
    const file = await open(temporary, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function readWhole(source: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** @returns undefined when there is no such file; null when it is not JSON. */
async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  );
}
