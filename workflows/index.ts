/**
 * The Workflows, for a Worker's bundle: `export * from 'temporal-message-batches/workflows'`.
 *
 * Whatever this module exports becomes a Workflow type of the Worker, so it exports Workflows and nothing else. Helpers
 * for your own Workflow code are in `temporal-message-batches/workflow`.
 *
 * @module
 */
export { messageBatchChunk } from './chunk/chunk';
export { messageBatchJob } from './job/job';
export { messageBatchRetry } from './job/retry';
