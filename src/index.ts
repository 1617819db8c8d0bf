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
export type { FailedRequest, JobHandle, JobResult } from './client/job-handle';
export type { BatchRequest, RequestSource } from './client/request-source';
export { TASK_QUEUE_DEFAULT } from './contract/names';
export type {
  BatchProgress,
  ChunkPhase,
  JobInput,
  JobPhase,
  JobProgress,
  JobStatus,
  Pause,
  PauseKind,
  Report,
  ReportBatch,
  ReportDuplicate,
  ReportUsage,
  Answer,
  Question,
  QuestionAnswer,
  QuestionKind,
  ResumeAnswer,
  StoreReference,
} from './contract/public';
export {
  FAILURES,
  findMessageBatchFailure,
  isMessageBatchFailure,
  type FailureDetails,
  type FailureType,
  type MessageBatchFailure,
} from './contract/failures';
export type { JobOptions, KnownMessageParams, MessageParams } from './contract/options';
export type { ExecuteJobOptions } from '../workflows/helpers/execute';
export {
  MessageBatchesPlugin,
  type AnthropicClient,
  type AnthropicClientsOptions,
  type MessageBatchesPluginOptions,
} from './plugin';
export { openStore } from './store/open-store';
export type { ByteRange, LocalCopy, Store } from './store/store';
