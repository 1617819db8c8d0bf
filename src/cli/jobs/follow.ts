/**
 * Following a job to its end, or until it pauses.
 */
import type { JobHandle } from '../../client/job-handle';
import type { JobProgress, Report } from '../../contract/public';
import { commandError, isUnavailable } from '../text/errors';
import { sleep } from '../session/interrupt';
import { queryProgress } from './job-lookup';
import type { Session } from '../session/session';
import { findTrouble } from './trouble';

export interface FollowOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: JobProgress) => void;
  /** Called with the reason why the job makes no progress, once for each reason. */
  readonly onTrouble: (trouble: string) => void;
}

/** How often a job is asked for its progress: a Query adds no event. */
const QUERY_DELAY_MS = 700;
/** How often to find out why a job makes no progress. */
const TROUBLE_DELAY_MS = 5_000;
/** How long Temporal may be unavailable: its server may be restarting. */
const UNAVAILABLE_MS_MAX = 60_000;

/**
 * Waits for a job's end and shows its progress on the way.
 *
 * @throws what ended the job, or the Worker.
 */
export async function followJob(
  session: Session,
  handle: JobHandle,
  { signal, ...callbacks }: FollowOptions
): Promise<Report> {
  const ended = new AbortController();
  const watching = AbortSignal.any([signal, ended.signal]);
  const watched = watchProgress(session, handle, { signal: watching, ...callbacks });
  void watchTrouble(session, handle, { signal: watching, ...callbacks });
  watched.catch(() => undefined);
  try {
    return await Promise.race([
      waitForReport(handle, watching),
      session.broken,
      // It only ends by failing: an error that onProgress throws ends the following too.
      watched.then(() => new Promise<never>(() => undefined)),
    ]);
  } finally {
    ended.abort();
  }
}

/** Shows progress until the signal is aborted; a failed Query is repeated. */
async function watchProgress(
  session: Session,
  handle: JobHandle,
  { signal, onProgress }: FollowOptions
): Promise<void> {
  while (!signal.aborted) {
    const progress = await queryProgress(session, handle).catch(() => null);
    // The job may have ended meanwhile, and its display with it.
    if (progress !== null && !isAborted(signal)) onProgress(progress);
    await sleep(QUERY_DELAY_MS, signal);
  }
}

async function watchTrouble(
  session: Session,
  { jobId }: JobHandle,
  { signal, onTrouble }: FollowOptions
): Promise<void> {
  let reported: string | null = null;
  for (;;) {
    await sleep(TROUBLE_DELAY_MS, signal);
    if (signal.aborted) return;
    const trouble = await findTrouble(session, jobId).catch(() => null);
    if (trouble !== null && trouble !== reported && !isAborted(signal)) onTrouble(trouble);
    reported = trouble ?? reported;
  }
}

/** Waits for the report, also while Temporal's server restarts. */
async function waitForReport(handle: JobHandle, signal: AbortSignal): Promise<Report> {
  let unavailableSinceMs: number | null = null;
  for (;;) {
    const startedMs = performance.now();
    try {
      return await handle.report();
    } catch (error) {
      if (signal.aborted || !isUnavailable(error)) throw error;
      const nowMs = performance.now();
      // A wait that lasted for a while shows that the server was available.
      if (unavailableSinceMs === null || nowMs - startedMs > UNAVAILABLE_MS_MAX)
        unavailableSinceMs = nowMs;
      if (nowMs - unavailableSinceMs > UNAVAILABLE_MS_MAX) {
        throw commandError('Temporal has been unavailable for a minute; the job is kept.');
      }
      await sleep(QUERY_DELAY_MS, signal);
    }
  }
}

function isAborted({ aborted }: AbortSignal): boolean {
  return aborted;
}
