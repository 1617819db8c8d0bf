/**
 * The Activities of a Worker, by the names that they are registered under.
 *
 * @module
 */
import type { MessageBatchActivities } from '../src/contract';
import { createCancel } from './cancel';
import { createCheck } from './check';
import { createCollect } from './collect';
import type { ActivityDeps } from './deps';
import { createFinish } from './finish';
import { createPermit } from './permit';
import { createPlan } from './plan';
import { createPlanRound } from './plan-round';
import { withPulse } from './pulse';
import { createReconcile } from './reconcile';
import { createResolve } from './resolve';
import { discoverSite } from './site';
import { createSubmit } from './submit';

export { createAnthropicClients, type AnthropicClientsOptions } from './anthropic';
export type { ActivityDeps } from './deps';

/** Makes the Activities; nothing is opened, read or asked before one of them runs. */
export function createActivities(deps: ActivityDeps): MessageBatchActivities {
  return withPulse({
    messageBatchPlan: createPlan({
      ...deps,
      discoverSite: (options) => discoverSite(deps, options),
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
