/**
 * What `cancel`, `pause`, `resume` and `check-now` share: a Signal, its effect, and what to expect.
 */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { JobHandle } from '../../client/job-handle';
import type { JobProgress } from '../../contract/public';
import { EXIT } from '../text/exit-status';
import { sleep } from '../session/interrupt';
import { withJob, type JobCommand } from './job-command';
import { findExecution } from '../../client/execution';
import { findReport } from '../../records/own-report';
import { queryProgress, refuseNotRunning } from './job-lookup';
import { print } from '../text/output';
import type { TargetFlags } from '../flags/target';

/** A job before and after a Signal; null: the Signal was delivered, and no Worker answers. */
export interface SignalEffect {
  readonly before: JobProgress | null;
  readonly after: JobProgress | null;
}

export interface SignalCommand {
  /** Whether the job is to act on it at once, by this command's Worker where the server is embedded. */
  readonly needsActivities: boolean;
  readonly send: (handle: JobHandle) => Promise<void>;
  /** Whether the Signal has done all that it does soon. */
  readonly isDone: (progress: JobProgress) => boolean;
  /** What happened and what will. */
  readonly describe: (effect: SignalEffect, command: JobCommand) => string | Promise<string>;
}

/** How long the effect is waited for. */
const EFFECT_MS_MAX = 10_000;
const QUERY_DELAY_MS = 250;

/** Sends the Signal, waits for its effect, and says so. A job that does not run is an error. */
export function sendSignal(
  jobId: string,
  flags: TargetFlags,
  signal: SignalCommand
): Promise<void> {
  return withJob(jobId, flags, { needsActivities: signal.needsActivities }, async (command) => {
    const { session, handle } = command;
    // A Signal to a job that ended is refused by Temporal, one to an id that never ran as well.
    if ((await findExecution(session.client, jobId)) !== 'running')
      await refuseNotRunning(session, jobId);
    const before = await queryProgress(session, handle).catch(() => null);
    try {
      await signal.send(handle);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) await refuseNotRunning(session, jobId);
      throw error;
    }
    const after = await awaitEffect(command, signal);
    print(await signal.describe({ before, after }, command));
    return EXIT.done;
  });
}

async function awaitEffect(
  { session, handle, signal }: JobCommand,
  { isDone }: SignalCommand
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

/** Batches that are at the API now. */
export function batchesAtApi(progress: JobProgress | null): number {
  return (progress?.batches ?? []).filter(
    ({ phase }) => phase === 'processing' || phase === 'canceling'
  ).length;
}
