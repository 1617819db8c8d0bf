/**
 * Helpers for your own Workflow code: `import { … } from 'temporal-message-batches/workflow'`.
 *
 * Run a job as a child Workflow, and signal or query one by typed definitions, which Temporal's client takes as well.
 *
 * @module
 */
export {
  cancelSignal,
  checkNowSignal,
  pauseSignal,
  progressQuery,
  resumeSignal,
  type PauseRequest,
} from './definitions';
export { executeMessageBatchJob, type ExecuteJobOptions } from './execute';
