/**
 * What people see of a job: the Query's answer, the details in Temporal's UI, the search attributes.
 */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { SEARCH_ATTRIBUTE } from '../../src/contract/names';
import type { JobProgress } from '../../src/contract/public';
import { jobDetails } from '../../src/core/view/details';
import { toProgress } from '../../src/core/view/progress';
import type { Job } from './job-state';

export function progressOf(job: Job): JobProgress {
  const chunks = [...job.chunks.values()].sort((a, b) => a.round - b.round || a.chunk - b.chunk);
  return toProgress(
    {
      jobId: job.id,
      phase: job.control.canceling && job.phase === 'running' ? 'canceling' : job.phase,
      ended: job.ended,
      // A canceled job pays for nothing more, so there is nothing that this pause could stop.
      pause:
        (job.control.canceling ? null : job.control.pause) ??
        job.pause ??
        [...job.roundPauses.values()][0] ??
        null,
      requests: job.requests,
      chunks,
      ignoredAnswers: job.ignoredAnswers,
      rounds: job.rounds.plans.length,
      nextRoundAtMs: job.control.canceling ? null : job.rounds.nextRoundAtMs,
      startedAtMs: job.startedAtMs,
      schedule: job.options,
    },
    Date.now(),
    job.report
  );
}

const STATUS = defineSearchAttributeKey(SEARCH_ATTRIBUTE.status, SearchAttributeType.KEYWORD);
const ROUND = defineSearchAttributeKey(SEARCH_ATTRIBUTE.round, SearchAttributeType.INT);
const REQUESTS = defineSearchAttributeKey(SEARCH_ATTRIBUTE.requests, SearchAttributeType.INT);

/** Brings the Temporal UI and the search attributes up to date. */
export function publishToUi(job: Job): void {
  const progress = progressOf(job);
  setCurrentDetails(jobDetails(progress));
  if (!job.options.searchAttributes) return;
  const wanted = `${progress.status} ${progress.round} ${progress.requests}`;
  if (job.searchable === wanted) return;
  job.searchable = wanted;
  upsertSearchAttributes([
    { key: STATUS, value: progress.status },
    { key: ROUND, value: progress.round },
    { key: REQUESTS, value: progress.requests },
  ]);
}
