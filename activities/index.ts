/**
 * The Activities of a Worker, by the names that they are registered under. Only this file knows all steps.
 *
 * @module
 */
import type { MessageBatchActivities } from '../src/contract/activities';
import { createCollect } from './collect/collect';
import { createFinish } from './finish/finish';
import { createPlan } from './plan/plan';
import { createPlanRound } from './plan/plan-round';
import { createReconcile } from './reconcile/reconcile';
import { createResolve } from './reconcile/resolve';
import { createPermit } from './submit/permit';
import { createSubmit } from './submit/submit';
import { createCancel } from './wait/cancel';
import { createCheck } from './wait/check';
import type { ActivityDeps } from './worker/deps';
import { withHeartbeats } from './worker/heartbeat';
import { discoverBinding } from './worker/right-worker';

export {
  createAnthropicClients,
  hasEnvironmentKey,
  type AnthropicClient,
  type AnthropicClientsOptions,
} from './api/anthropic';
export type { ActivityDeps } from './worker/deps';

/** Creates the Activities. Nothing is opened, read or called before one of them runs. */
export function createActivities(deps: ActivityDeps): MessageBatchActivities {
  return withHeartbeats({
    messageBatchPlan: createPlan({
      ...deps,
      discoverBinding: (options) => discoverBinding(deps, options),
    }),
    messageBatchPlanRound: createPlanRound(deps),
    messageBatchPermit: createPermit(),
    messageBatchSubmit: createSubmit(deps),
    messageBatchReconcile: createReconcile(deps),
    messageBatchResolve: createResolve(deps),
    messageBatchCheck: createCheck(deps),
    messageBatchCancel: createCancel(deps),
    messageBatchCollect: createCollect(deps),
    messageBatchFinish: createFinish(deps),
  });
}
