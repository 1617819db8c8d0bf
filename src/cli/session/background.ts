/**
 * The Worker that `run --detach` leaves in the background.
 *
 * One for each store, task queue and key: `background/<hash>/` holds its record and a note for each job that was left
 * to it. The command that starts it holds the folder's lock, and so does the Worker when it exits, so that no job is left
 * to a Worker that is about to exit.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { WORKFLOW_TYPE } from '../../contract/names';
import { withFolderLock } from '../../dev-server/folder-lock';
import { identify, isAlive, type ProcessIdentity } from '../../dev-server/process-identity';
import { openStateFolder } from '../../dev-server/state-folder';
import { apiOrigin } from './api-key';
import { commandError } from '../text/errors';
import { sleep } from './interrupt';
import type { Session } from './session';
import type { Target } from '../flags/target';

/** Sent to the parent when server and Worker are running. */
const READY = 'ready';
/** A server's first start may download it. */
const READY_MS_MAX = 180_000;
const IDLE_CHECK_DELAY_MS = 1_500;

/** Makes sure that a background Worker serves a job: the one that is running, or a new one. */
export async function ensureBackground(target: Target, jobId: string): Promise<void> {
  const place = await openPlace(target);
  writeFileSync(join(place.jobsPath, jobId), '', { mode: 0o600 });
  await place.locked(async () => {
    const known = readRecord(place.path);
    if (known !== null && isAlive(known)) return;
    await launch(target);
  });
}

/** Whether some background Worker of a state folder is alive. */
export function isBackgroundRunning(stateDir: string): boolean {
  const path = join(stateDir, 'background');
  return listNames(path).some((name) => {
    const record = readRecord(join(path, name));
    return record !== null && isAlive(record);
  });
}

/** Called by the background process itself, once its Worker runs. */
export async function announceBackground({ target }: Session): Promise<void> {
  const { path } = await openPlace(target);
  const self = identify(process.pid);
  if (self !== undefined) writeFileSync(join(path, 'worker.json'), JSON.stringify(self));
  process.send?.(READY);
  // An open channel would keep the parent from exiting.
  if (process.connected) process.disconnect();
}

/** Resolves when no job is running and the record is removed; sooner when the signal is aborted. */
export async function untilIdle(session: Session, signal: AbortSignal): Promise<void> {
  const place = await openPlace(session.target);
  while (!signal.aborted) {
    await sleep(IDLE_CHECK_DELAY_MS, signal);
    if (!(await isIdle(session, place.jobsPath))) continue;
    const hasLeft = await place.locked(async () => {
      // A command may have left a job to this Worker meanwhile.
      if (!(await isIdle(session, place.jobsPath))) return false;
      rmSync(join(place.path, 'worker.json'), { force: true });
      return true;
    });
    if (hasLeft) return;
  }
}

interface BackgroundPlace {
  readonly path: string;
  readonly jobsPath: string;
  locked<T>(work: () => Promise<T>): Promise<T>;
}

async function openPlace({ stateDir, store, taskQueue }: Target): Promise<BackgroundPlace> {
  const folder = await openStateFolder(stateDir);
  const key = [
    store,
    taskQueue,
    apiOrigin(),
    process.env['ANTHROPIC_API_KEY'],
    process.env['ANTHROPIC_AUTH_TOKEN'],
  ];
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 12);
  const path = join(folder.path, 'background', hash);
  const jobsPath = join(path, 'jobs');
  mkdirSync(jobsPath, { recursive: true, mode: 0o700 });
  return { path, jobsPath, locked: (work) => withFolderLock({ ...folder, path }, work) };
}

/** Starts this program again, as a detached process that outlives the terminal. */
async function launch({ stateDir, store, taskQueue }: Target): Promise<void> {
  const logPath = join(stateDir, 'logs', 'background.log');
  mkdirSync(join(stateDir, 'logs'), { recursive: true, mode: 0o700 });
  const log = openSync(logPath, 'a', 0o600);
  const script = process.argv[1] ?? '';
  const args = ['worker', '--until-idle', '--dev-server', '--state', stateDir];
  const child = spawn(
    process.execPath,
    [...process.execArgv, script, ...args, '--store', store, '--task-queue', taskQueue],
    { detached: true, cwd: stateDir, stdio: ['ignore', log, log, 'ipc'] }
  );
  closeSync(log);
  const isReady = await waitUntilReady(child);
  if (child.connected) child.disconnect();
  child.unref();
  if (!isReady) {
    throw commandError(
      `The Worker in the background did not start: see ${logPath}. The job is kept.`
    );
  }
}

function waitUntilReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isReady: boolean): void => {
      clearTimeout(timer);
      resolve(isReady);
    };
    const timer = setTimeout(() => {
      child.kill();
      end(false);
    }, READY_MS_MAX);
    child.once('message', (message) => {
      end(message === READY);
    });
    child.once('error', () => {
      end(false);
    });
    child.once('exit', () => {
      end(false);
    });
  });
}

/** Temporal's list may lag behind a start; the notes of the jobs that were left to this Worker do not. */
async function isIdle(session: Session, jobsPath: string): Promise<boolean> {
  try {
    for (const jobId of listNames(jobsPath)) {
      if (await session.jobs.isRunning(jobId)) return false;
      rmSync(join(jobsPath, jobId), { force: true });
    }
    const { count } = await session.client.workflow.count(
      `ExecutionStatus="Running" AND WorkflowType="${WORKFLOW_TYPE.job}"`
    );
    return count === 0;
  } catch {
    // The server is starting again: it is not known.
    return false;
  }
}

function readRecord(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(join(path, 'worker.json'), 'utf8')) as ProcessIdentity;
  } catch {
    return null;
  }
}

function listNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
