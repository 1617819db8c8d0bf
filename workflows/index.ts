/**
 * The Workflows, for a Worker's bundle: `export * from 'temporal-message-batches/workflows'`.
 *
 * Every function exported here can be started by its name. Users' own Workflows call {@link executeMessageBatchJob}.
 *
 * @module
 */
export { messageBatchChunk } from './chunk/chunk';
export { executeMessageBatchJob, type ExecuteJobOptions } from './helpers/execute';
export { messageBatchJob } from './job/job';
export { messageBatchRetry } from './job/retry';
