/**
 * Definitions of a job's Signals and Query, for `handle.signal(…)` and `handle.query(…)` in Workflows and clients.
 */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import { QUERY_PROGRESS, SIGNAL } from '../../src/contract/names';
import type { JobProgress, ResumeAnswer } from '../../src/contract/public';

/** The optional argument of the Signal `pause`. */
export interface PauseRequest {
  /** Shown as `paused_reason`. Defaults to a sentence that names the Signal. */
  readonly reason?: string;
}

/** Stops submitting, cancels batches that are running at the API, and keeps every finished result. */
export const cancelSignal = defineSignal(SIGNAL.cancel);

/** Stops new paid calls. Batches at the API are still watched and collected. */
export const pauseSignal = defineSignal<[request?: PauseRequest]>(SIGNAL.pause);

/** Continues after a pause. The argument may answer what the job asked. */
export const resumeSignal = defineSignal<[answer?: ResumeAnswer]>(SIGNAL.resume);

/** Checks every running batch at once, without waiting for the next check. */
export const checkNowSignal = defineSignal(SIGNAL.checkNow);

/** The job's status, counts and batches. Needs a Worker that serves the job's task queue. */
export const progressQuery = defineQuery<JobProgress>(QUERY_PROGRESS);
