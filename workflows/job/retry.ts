/**
 * `messageBatchRetry`: one retry round.
 *
 * Sequence: plan the round (an Activity records which requests it contains), then its chunks as children. In history:
 * names and counters. It takes the Signals that its job forwards, and forwards them to its chunks.
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
import { longCall } from '../common/calls';
import { runChunks } from './children';
import { installControl } from '../common/control';
import { isSamePause, retryUntilAnswered, type Pausable } from '../common/recovery';

/**
 * Runs one retry round to its end.
 *
 * Registered for the engine's own use: `messageBatchJob` starts it, callers never do.
 */
export async function messageBatchRetry(input: RetryInput): Promise<RoundPlan> {
  const control = installControl(input.control);
  return CancellationScope.nonCancellable(async () => {
    let shown: Pause | null = null;
    const pausable: Pausable = {
      control,
      retryMs: input.options.checkMaxMs,
      setPause: async (pause) => {
        if (isSamePause(pause, shown)) return;
        shown = pause;
        setCurrentDetails(pause === null ? '' : `Paused: ${pause.reason}`);
        await signalJob(input, { round: input.round, pause });
      },
    };
    const plan = await retryUntilAnswered(pausable, () =>
      longCall(`plan round ${input.round}`).messageBatchPlanRound(input)
    );
    await signalJob(input, { round: input.round, plan });
    await runChunks(control, input, {
      round: plan.round,
      chunks: plan.chunks,
      skipUnstarted: false,
    });
    await condition(allHandlersFinished);
    return plan;
  });
}

async function signalJob({ jobId }: RetryInput, change: RoundChange): Promise<void> {
  try {
    await getExternalWorkflowHandle(jobId).signal(SIGNAL.roundChanged, change);
  } catch {
    // The job has ended. The round is recorded in the store.
  }
}
