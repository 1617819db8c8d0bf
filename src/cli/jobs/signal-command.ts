/**
 * What `cancel`, `pause`, `resume` and `check-now` share: a Signal, its effect, and what to expect.
 */
import { WorkflowNotFoundError } from '@temporalio/common';
import type { JobHandle } from '../../client/job-handle';
import type { JobProgress } from '../../contract/public';
import { findReport } from '../../records/own-report';
import { EXIT } from '../text/exit-status';
import { print } from '../text/output';
import type { TargetFlags } from '../flags/target-flags';
import { sleep } from '../session/interrupt';
import { withJob, type JobCommand } from './job-command';
import { findJob, queryProgress, refuseNotRunning } from './job-lookup';

/** A job before and after a Signal. Null: no Worker answered; the Signal was delivered all the same. */
export interface SignalEffect {
  readonly before: JobProgress | null;
  readonly after: JobProgress | null;
}

export interface SignalCommand {
  /** Whether the command's own Worker should act on the Signal at once, where Temporal is a dev server. */
  readonly needsActivities: boolean;
  readonly send: (handle: JobHandle) => Promise<void>;
  /** Whether the Signal has had all the effect that is soon visible. */
  readonly isDone: (progress: JobProgress) => boolean;
  /** What happened, and what will happen next. */
  readonly describe: (effect: SignalEffect, command: JobCommand) => string | Promise<string>;
}

/** How long to wait for the effect. */
const EFFECT_MS_MAX = 10_000;
const QUERY_DELAY_MS = 250;

/**
 * Sends the Signal, waits for its effect, and prints it. A job that is not running is an error.
 *
 * @returns the exit status.
 */
export function sendSignal(
  jobId: string,
  flags: TargetFlags,
  signal: SignalCommand
): Promise<number> {
  return withJob(jobId, flags, { needsActivities: signal.needsActivities }, async (command) => {
    const { session, handle } = command;
    // Temporal refuses a Signal both to a job that has ended and to an id that never ran: find out which.
    if ((await findJob(session, jobId)) !== 'running') {
      await refuseNotRunning(session, jobId);
    }
    const before = await queryProgress(session, handle).catch(() => null);
    try {
      await signal.send(handle);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) await refuseNotRunning(session, jobId);
      throw error;
    }
    const after = await waitForEffect(command, signal.isDone);
    print(await signal.describe({ before, after }, command));
    return EXIT.done;
  });
}

/** Waits until a Signal has had its effect. @returns null when no Worker answers. */
export async function waitForEffect(
  { session, handle, signal }: JobCommand,
  isDone: SignalCommand['isDone']
): Promise<JobProgress | null> {
  const endMs = performance.now() + EFFECT_MS_MAX;
  for (;;) {
    const progress = await queryProgress(session, handle).catch(() => null);
    if (progress === null || isDone(progress)) return progress;
    if (signal.aborted || performance.now() > endMs) return progress;
    if ((await findReport(session.store, handle.jobId)) !== undefined) return progress;
    await Promise.race([sleep(QUERY_DELAY_MS, signal), session.broken]);
  }
}
