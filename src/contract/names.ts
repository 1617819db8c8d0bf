/**
 * The names by which Workflows, Activities and clients find each other.
 *
 * They are in histories and in other languages' code, so they keep their spelling for good.
 *
 * @module
 */

/** The task queue that Workers, clients and the command line use by default. */
export const TASK_QUEUE_DEFAULT = 'message-batches';

/** The Workflow types, as they are registered; other languages start `messageBatchJob` by this name. */
export const WORKFLOW_TYPE = {
  job: 'messageBatchJob',
  chunk: 'messageBatchChunk',
  retry: 'messageBatchRetry',
} as const;

/** The Signals of a job. Its children handle the first four too. */
export const SIGNAL = {
  cancel: 'cancel',
  pause: 'pause',
  resume: 'resume',
  checkNow: 'checkNow',
  /** From a chunk to its job, on a change of state only. */
  chunkChanged: 'messageBatchChunkChanged',
  /** From a retry round to its job, likewise. */
  roundChanged: 'messageBatchRoundChanged',
} as const;

/** Names of the search attributes. */
export const SEARCH_ATTRIBUTE = {
  status: 'MessageBatchesStatus',
  round: 'MessageBatchesRound',
  requests: 'MessageBatchesRequests',
} as const;

/** Search attributes that a job with the option `searchAttributes` keeps up to date, with their types in Temporal. */
export const SEARCH_ATTRIBUTES = {
  [SEARCH_ATTRIBUTE.status]: 'Keyword',
  [SEARCH_ATTRIBUTE.round]: 'Int',
  [SEARCH_ATTRIBUTE.requests]: 'Int',
} as const;

/** The Query of a job; answers with {@link JobProgress}. */
export const QUERY_PROGRESS = 'progress';

/** One chunk of one round. Its files lie in the job's folder under `chunks/<round>-<chunk>/`. */
export interface ChunkName {
  /** From 1. */
  readonly round: number;
  /** From 0. */
  readonly chunk: number;
}

/** `1-0`: round 1, chunk 0. */
export function chunkLabel({ round, chunk }: ChunkName): string {
  return `${round}-${chunk}`;
}
