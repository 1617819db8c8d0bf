/**
 * `worker`: a Worker until it is stopped.
 */
import { EXIT } from '../text/exit-status';
import { print, printError } from '../text/output';
import { resolveTarget, type Target } from '../flags/target';
import type { TargetFlags } from '../flags/target-flags';
import { assertKey } from './api-key';
import { announceBackground, untilIdle } from './background';
import type { Session } from './session';
import { withSession } from './with-session';

export interface WorkerFlags extends TargetFlags {
  /** Set by `run --detach` for the Worker that it leaves in the background. */
  readonly untilIdle?: boolean;
  readonly devServer?: boolean;
}

/** Running calls may take this long after SIGTERM. */
const GRACE_MS = 30_000;

/** @returns the exit status. */
export async function serveWorker(flags: WorkerFlags): Promise<number> {
  assertKey();
  const resolved = resolveTarget(flags);
  const target: Target = flags.devServer === true ? { ...resolved, temporal: null } : resolved;
  const isBackground = flags.untilIdle === true;
  const onInterrupt = (): number => {
    if (!isBackground) printError('Draining: the Worker takes no new tasks.');
    return EXIT.done;
  };
  const options = { graceMs: GRACE_MS, logsToStderr: !isBackground, onNote: printError };
  return withSession(
    target,
    { worker: 'full', onInterrupt, ...options },
    async (session, signal) => {
      if (isBackground) {
        await announceBackground(session);
        await Promise.race([session.broken, untilIdle(session, signal)]);
        return EXIT.done;
      }
      print(toReadyText(session));
      return session.broken;
    }
  );
}

function toReadyText({ target, address, uiUrl, store }: Session): string {
  const ui = uiUrl === null ? '' : ` · UI ${uiUrl}`;
  return `Worker ready: task queue ${target.taskQueue} at Temporal ${address}, store ${store.uri}${ui}`;
}
