/**
 * `cancel`, `pause`, `resume` and `check-now`: one Signal each, and what it did.
 */
import type { JobProgress } from '../../contract/public';
import { plural } from '../text/output';
import { hint } from '../flags/hints';
import type { TargetFlags } from '../flags/target-flags';
import { hasOtherUsers, type JobCommand } from './job-command';
import { sendSignal, type SignalEffect } from './signal-command';

export function cancelJob(jobId: string, flags: TargetFlags): Promise<number> {
  return sendSignal(jobId, flags, {
    needsActivities: true,
    send: (handle) => handle.cancel(),
    isDone: ({ phase, batches }) =>
      phase === 'ended' ||
      (phase === 'canceling' && batches.every((batch) => batch.phase !== 'processing')),
    describe: describeCancel,
  });
}

export function checkJobNow(jobId: string, flags: TargetFlags): Promise<number> {
  return sendSignal(jobId, flags, {
    needsActivities: true,
    send: (handle) => handle.checkNow(),
    isDone: () => true,
    describe: ({ before }) => {
      const running = batchesAtApi(before);
      return running === 0
        ? `The job ${jobId} has no batch at the API to check now.`
        : `The job ${jobId} checks ${plural(running, 'batch')} at the API now.`;
    },
  });
}

export function pauseJob(jobId: string, flags: TargetFlags): Promise<number> {
  return sendSignal(jobId, flags, {
    needsActivities: false,
    send: (handle) => handle.pause(),
    isDone: ({ status, phase }) => status !== 'running' || phase === 'canceling',
    describe: ({ after }, { session }) => {
      if (after?.phase === 'canceling') {
        return `The job ${jobId} is already being canceled: nothing new is submitted, and finished results are collected.`;
      }
      const running = batchesAtApi(after);
      const batches =
        running === 0
          ? ''
          : ` ${plural(running, 'batch')} at the API ${running === 1 ? 'continues' : 'continue'}.`;
      return `The job ${jobId} is paused: nothing new is submitted.${batches} To continue: ${hint(session.target, 'resume', jobId)}`;
    },
  });
}

export function resumeJob(jobId: string, flags: TargetFlags): Promise<number> {
  return sendSignal(jobId, flags, {
    needsActivities: true,
    send: (handle) => handle.resume(),
    isDone: ({ status }) => status !== 'paused',
    describe: ({ after }, { session }) => {
      if (after?.phase === 'canceling') {
        return `The job ${jobId} is being canceled, which cannot be undone.`;
      }
      if (after?.status !== 'paused') return `The job ${jobId} continues.`;
      const reason = `The job ${jobId} was resumed and is still paused: ${after.paused_reason ?? 'no reason was given.'}`;
      return after.questions.length === 0
        ? reason
        : `${reason} See the possible answers with: ${hint(session.target, 'status', jobId)}`;
    },
  });
}

async function describeCancel(
  { after }: SignalEffect,
  { session, handle }: JobCommand
): Promise<string> {
  const { jobId } = handle;
  const { target } = session;
  if (after?.phase === 'ended') return `The job ${jobId} is canceled and has ended.`;
  const running = batchesAtApi(after);
  const batches = running === 0 ? '' : ` ${plural(running, 'batch')} at the API will end soon.`;
  const needsWorker = target.temporal === null && !(await hasOtherUsers(target.stateDir));
  const next = needsWorker
    ? ` To collect finished results: ${hint(target, 'status', jobId, '--watch')}`
    : ' Finished results are collected then.';
  return `The job ${jobId} is being canceled: nothing new is submitted.${batches}${next}`;
}

/** Batches that the API is processing now. */
function batchesAtApi(progress: JobProgress | null): number {
  return (progress?.batches ?? []).filter(
    ({ phase }) => phase === 'processing' || phase === 'canceling'
  ).length;
}
