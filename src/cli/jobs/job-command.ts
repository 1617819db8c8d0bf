/**
 * What the commands that talk to one job share: a session that fits, and an end in order.
 */
import type { JobHandle } from '../../client/job-handle';
import { openStateFolder } from '../../dev-server';
import { sweepUsers } from '../../dev-server/users';
import { openStore } from '../../store/open-store';
import type { Store } from '../../store/store';
import { runCommand } from '../text/run-command';
import { listenForInterrupt } from '../session/interrupt';
import { assertJobName, workerFor } from './job-lookup';
import { isTerminal, printError } from '../text/output';
import { openSession, type Session } from '../session/session';
import { resolveTarget, type TargetFlags, type Target } from '../flags/target';

export interface JobCommand {
  readonly session: Session;
  readonly handle: JobHandle;
  readonly signal: AbortSignal;
}

export interface JobCommandOptions {
  /**
   * Whether the job is to go on while the command lasts, where the server is embedded. Otherwise the command's Worker
   * only answers: it takes no call to the API that could keep a short command from ending.
   */
  readonly needsActivities: boolean;
  /** Tried before anything is started; null goes on to Temporal. */
  readonly fromStore?: (store: Store, target: Target) => Promise<number | null>;
}

/** Activities that a short command began may take this long to end. */
const GRACE_MS = 30_000;

/** Runs a command on one job. Ctrl-C ends it in order. */
export function withJob(
  jobId: string,
  flags: TargetFlags,
  options: JobCommandOptions,
  run: (command: JobCommand) => Promise<number>
): Promise<void> {
  return runCommand(async () => {
    assertJobName(jobId);
    const target = resolveTarget(flags);
    await openStateFolder(target.stateDir);
    const store = await openStore(target.store);
    const known = await options.fromStore?.(store, target);
    if (known !== undefined && known !== null) return known;
    const usesDevServer = target.temporal === null;
    const worker = !usesDevServer
      ? 'none'
      : options.needsActivities
        ? await workerFor(store, jobId)
        : 'workflows';
    return withSession(target, { worker, graceMs: GRACE_MS }, async (session, signal) =>
      run({ session, signal, handle: session.jobs.getHandle(jobId) })
    );
  });
}

/** Opens a session, runs something in it, and closes it; Ctrl-C ends the waiting. */
export async function withSession(
  target: Target,
  options: Parameters<typeof openSession>[1],
  run: (session: Session, signal: AbortSignal) => Promise<number>
): Promise<number> {
  const interrupt = listenForInterrupt();
  const opening = openSession(target, { onNote: note, ...options });
  const running = opening.then((session) => run(session, interrupt.signal));
  running.catch(() => undefined);
  try {
    return await Promise.race([running, interrupt.interrupted]);
  } finally {
    const session = await opening.catch(() => null);
    await session?.close();
    interrupt.dispose();
  }
}

function note(text: string): void {
  if (isTerminal()) printError(text);
}

/** Whether another process uses the embedded server of a state folder, and so most likely brings a Worker. */
export async function hasOtherUsers(stateDir: string): Promise<boolean> {
  return sweepUsers(await openStateFolder(stateDir)) > 1;
}
