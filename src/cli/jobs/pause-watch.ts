/**
 * What `run` does when its job pauses: lifts what a new key or a paid bill fixes, and reports any other pause.
 */
import type { JobHandle } from '../../client/job-handle';
import type { JobProgress } from '../../contract/public';
import { commandError } from '../text/errors';
import type { ProgressDisplay } from '../text/progress-display';

export interface PauseWatchOptions {
  readonly handle: JobHandle;
  readonly display: ProgressDisplay;
  /** Whether a person can act while the command waits. */
  readonly isTerminal: boolean;
  /** Command that lifts every pause. */
  readonly resumeHint: string;
}

/** A lifted pause may stay visible this long: the Signal has to go from the job to its chunks. */
const LIFT_MS = 3_000;

/**
 * Makes a watch over a job's progress.
 *
 * @returns takes every progress; throws CommandError when the job is paused and there is no terminal.
 */
export function createPauseWatch(options: PauseWatchOptions): (progress: JobProgress) => void {
  const { handle, display, isTerminal, resumeHint } = options;
  let isFirst = true;
  let waitUntilMs = 0;
  let shown: string | null = null;
  return ({ job_id: jobId, status, paused_reason: reason, paused_kind: kind }) => {
    const isFound = isFirst && status === 'paused';
    isFirst = false;
    if (status !== 'paused') {
      shown = null;
      return;
    }
    if (isFound && kind === 'account') {
      // Running again says that key and account are fixed; a pause by a person needs `resume`.
      handle.resume({ kind: 'account' }).catch(() => undefined);
      waitUntilMs = performance.now() + LIFT_MS;
    }
    if (performance.now() < waitUntilMs || shown === reason) return;
    shown = reason;
    const why = `The job ${jobId} is paused: ${reason ?? 'no reason was given.'}`;
    if (!isTerminal) {
      throw commandError(
        `${why}\nRun this again once that is fixed; this lifts any pause: ${resumeHint}`
      );
    }
    display.note(`${why}\nThis command waits; to continue the job: ${resumeHint}`);
  };
}
