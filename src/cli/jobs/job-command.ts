/**
 * What the commands that talk to one job share: a session with the right Worker, and an orderly end.
 */
import type { JobHandle } from '../../client/job-handle';
import { openStateFolder } from '../../dev-server/state-folder';
import { sweepUsers } from '../../dev-server/users';
import { openStore } from '../../store/open-store';
import type { Store } from '../../store/store';
import { resolveTarget, type Target } from '../flags/target';
import type { TargetFlags } from '../flags/target-flags';
import type { Session } from '../session/session';
import { assertJobName, workerFor } from './job-lookup';

export interface JobCommand {
  readonly session: Session;
  readonly handle: JobHandle;
  readonly signal: AbortSignal;
}

export interface JobCommandOptions {
  /**
   * Whether the job should make progress while the command lasts, where Temporal is a dev server. If false, the
   * command's Worker only answers: it takes no call to the API, which could keep a short command from ending.
   */
  readonly needsActivities: boolean;
  /** Tried before anything is started; null continues with Temporal. */
  readonly fromStore?: (store: Store, target: Target) => Promise<number | null>;
}

/** Activities that a short command began may take this long to end. */
const GRACE_MS = 30_000;

/**
 * Runs a command on one job. Ctrl-C ends it in order.
 *
 * @returns the exit status.
 */
export async function withJob(
  jobId: string,
  flags: TargetFlags,
  { needsActivities, fromStore }: JobCommandOptions,
  run: (command: JobCommand) => Promise<number>
): Promise<number> {
  assertJobName(jobId);
  const target = resolveTarget(flags);
  await openStateFolder(target.stateDir);
  const store = await openStore(target.store);
  const exitStatus = await fromStore?.(store, target);
  if (exitStatus !== undefined && exitStatus !== null) return exitStatus;
  const devServerWorker = needsActivities ? await workerFor(store, jobId) : 'workflows';
  const worker = target.temporal === null ? devServerWorker : 'none';
  // Loaded late: what the store answers needs no Temporal.
  const { withSession } = await import('../session/with-session.js');
  return withSession(target, { worker, graceMs: GRACE_MS }, async (session, signal) =>
    run({ session, signal, handle: session.jobs.getHandle(jobId) })
  );
}

/** Whether another process uses the dev server of a state folder, and so most likely runs a Worker. */
export async function hasOtherUsers(stateDir: string): Promise<boolean> {
  return sweepUsers(await openStateFolder(stateDir)) > 1;
}
