/**
 * Any number of Claude requests through Anthropic's Message Batches API, as one durable Temporal Workflow.
 *
 * Why CommonJS: docs/decisions/004-commonjs-only.md
 *
 * @module
 */
export {
  MessageBatches,
  type MessageBatchesOptions,
  type StartOptions,
} from './client/message-batches';
export type { JobFailure, JobHandle, JobResult } from './client/job-handle';
export type { BatchRequest, RequestSource } from './client/request-source';
export { TASK_QUEUE_DEFAULT } from './contract/names';
export type {
  BatchProgress,
  JobInput,
  JobProgress,
  Report,
  ReportBatch,
  ReportDuplicate,
  ReportUsage,
  ResumeArgument,
  StoreReference,
} from './contract/public';
export { isMessageBatchFailure, type FailureType } from './contract/failures';
export type { JobOptions } from './contract/options';
export { MessageBatchesPlugin, type MessageBatchesPluginOptions } from './plugin';
export { openStore } from './store/open-store';
export type { Store } from './store/store';
