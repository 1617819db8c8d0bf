/**
 * What `run` does when its job stands still: lifts what a new key or a paid bill mends, tells the rest.
 */
import type { JobHandle } from '../../client/job-handle';
import type { JobProgress } from '../../contract/public';
import { commandError } from '../text/errors';
import type { ProgressDisplay } from '../text/progress-display';

export interface PauseWatchOptions {
  readonly handle: JobHandle;
  readonly display: ProgressDisplay;
  /** Whether somebody is there to help while the command waits. */
  readonly isTerminal: boolean;
  /** Command that lifts every pause. */
  readonly resumeHint: string;
}

/** A pause that was lifted may take this long to vanish: the Signal goes from the job to its chunks. */
const LIFT_MS = 3_000;

/**
 * Makes a watch over a job's progress.
 *
 * @returns takes every progress; throws CommandError when the job is paused and nobody is there.
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
      // Running again is the word that key and account are mended; a person's pause takes a person's word.
      handle.resume({ only: 'account' }).catch(() => undefined);
      waitUntilMs = performance.now() + LIFT_MS;
    }
    if (performance.now() < waitUntilMs || shown === reason) return;
    shown = reason;
    const why = `The job ${jobId} is paused: ${reason ?? 'no reason was given.'}`;
    if (!isTerminal) {
      throw commandError(
        `${why}\nRun this again once that is mended; whatever the pause, this lifts it: ${resumeHint}`
      );
    }
    display.note(`${why}\nThis command waits; to go on after a pause: ${resumeHint}`);
  };
}
