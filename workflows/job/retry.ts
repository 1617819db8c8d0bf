/**
 * `messageBatchRetry`: one retry round.
 *
 * Sequence: plan the round (an Activity writes down which requests it holds), then its chunks as children. In history:
 * names and counters. It answers to the job's Signals and passes them on.
 *
 * Why: docs/decisions/012-rounds-not-requests.md
 *
 * @module
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
} from '@temporalio/workflow';
import { SIGNAL } from '../../src/contract/names';
import type { Pause } from '../../src/contract/public';
import type { RoundPlan } from '../../src/contract/activities';
import type { RetryInput, RoundChange } from '../../src/contract/children';
import { long } from '../common/calls';
import { runChunks } from './children';
import { installControl } from '../common/control';
import { isSamePause, persist } from '../common/recovery';

/** Runs one retry round to its end. */
export async function messageBatchRetry(input: RetryInput): Promise<RoundPlan> {
  const control = installControl(input.control);
  return CancellationScope.nonCancellable(async () => {
    let standsFor: Pause | null = null;
    const standing = {
      control,
      retryMs: input.options.checkMaxMs,
      setPause: async (pause: Pause | null): Promise<void> => {
        if (isSamePause(pause, standsFor)) return;
        standsFor = pause;
        setCurrentDetails(pause === null ? '' : `Paused: ${pause.reason}`);
        await tellJob(input, { round: input.round, pause });
      },
    };
    const plan = await persist(standing, () =>
      long(`plan round ${input.round}`).messageBatchPlanRound(input)
    );
    await tellJob(input, { round: input.round, plan });
    await runChunks(control, input, {
      round: plan.round,
      chunks: plan.chunks,
      skipUnstarted: false,
    });
    await condition(allHandlersFinished);
    return plan;
  });
}

async function tellJob({ jobId }: RetryInput, change: RoundChange): Promise<void> {
  try {
    await getExternalWorkflowHandle(jobId).signal(SIGNAL.roundChanged, change);
  } catch {
    // The job is gone; the store keeps the round.
  }
}
