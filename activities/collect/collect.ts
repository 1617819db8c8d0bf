/**
 * `messageBatchCollect`: collects every result of one batch once, or fails with the number of those that are missing.
 *
 * The results stream through this Worker into a spool file, are put in the order of the input and written to the store;
 * only numbers are kept in memory. The record of the chunk is written last: if it exists, everything exists.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { Collected, CollectInput } from '../../src/contract/activities';
import { isMessageBatchFailure, type FailureType } from '../../src/contract/failures';
import { readCollectedRecord } from '../../src/records/collected-record';
import { chunkFiles } from '../../src/records/job-files';
import { readWireIdPrefix } from '../../src/records/job-tag';
import { readChunk } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';
import { retrieveBatch } from '../api/batch-answer';
import { callerOf, type Caller } from '../api/call-api';
import { wasCanceled } from '../submissions/cancel-record';
import { recordLateDuplicates } from '../orphans/duplicates';
import type { ActivityDeps } from '../worker/deps';
import { throttledHeartbeat } from '../worker/heartbeat';
import { assertRightWorker } from '../worker/right-worker';
import { readMembers } from './collect-members';
import { incomplete, readResults, type Collection } from './read-results';
import { createResultsIndex } from './results-index';
import { withSpool } from './results-spool';
import { writeCollected } from './write-collected';

/** How many attempts of a collection a failing search for duplicates may cost. */
const SEARCH_ATTEMPTS_MAX = 3;
const MAY_PASS: readonly FailureType[] = [
  'MessageBatch.ApiUnavailable',
  'MessageBatch.RateLimited',
  'MessageBatch.StoreUnavailable',
];

/**
 * Creates the Activity. Collecting again returns what was collected.
 *
 * @throws ApplicationFailure (from the Activity) `MessageBatch.ResultsIncomplete` (retryable) when there are no results
 * or some are missing; with `takeAsIs`, a result that the file does not contain counts as `missing` instead.
 */
export function createCollect(deps: ActivityDeps): (input: CollectInput) => Promise<Collected> {
  return async (input) => {
    const client = await assertRightWorker(deps, input);
    const files = chunkFiles(input.jobId, input);
    const record = await readCollectedRecord(deps.store, files.collected);
    if (record !== undefined) return record.collected;
    const heartbeat = throttledHeartbeat();
    if (input.gone) return giveUp(deps.store, input, heartbeat);
    const collection = await prepare(deps, input, callerOf(client, input), heartbeat);
    await searchForDuplicates(collection);
    return withSpool(async (spool) => {
      const index = await readResults(collection, spool);
      const { store } = deps;
      const { check } = collection;
      return writeCollected({ store, input, check, index, spool, heartbeat });
    });
  };
}

/** Collects a batch that an operator has given up: each of its requests is missing. */
async function giveUp(
  store: Store,
  input: CollectInput,
  heartbeat: Collection['heartbeat']
): Promise<Collected> {
  const chunk = await readChunk(store, input);
  const members = await readMembers(store, input, chunk.requests, chunk.members);
  const { maxAttempts } = input.options;
  const prefix = await readWireIdPrefix(store, input);
  const index = createResultsIndex({ members, prefix, maxAttempts, canceledByUs: false });
  return withSpool((spool) =>
    writeCollected({ store, input, check: null, index, spool, heartbeat })
  );
}

async function prepare(
  deps: ActivityDeps,
  input: CollectInput,
  caller: Caller,
  heartbeat: Collection['heartbeat']
): Promise<Collection> {
  const { store } = deps;
  const check = await retrieveBatch(caller, input.batchId);
  if (check.status !== 'ended') throw incomplete(input, `the batch is still ${check.status}`);
  const chunk = await readChunk(store, input);
  const members = await readMembers(store, input, chunk.requests, chunk.members);
  const prefix = await readWireIdPrefix(store, input);
  // An earlier execution of the job may have canceled the batch.
  const canceledByUs = input.canceledByUs || (await wasCanceled(store, input));
  return { deps, input, caller, check, members, prefix, canceledByUs, heartbeat };
}

/** Duplicates only affect the report. A failure here may delay collection by at most three attempts. */
async function searchForDuplicates({
  deps,
  caller,
  input,
  members,
  prefix,
  heartbeat,
}: Collection): Promise<void> {
  const context = Context.current();
  try {
    const search = { requests: members.count, prefix, heartbeat };
    await recordLateDuplicates(deps.store, caller, input, search);
  } catch (error) {
    if (context.cancellationSignal.aborted) throw error;
    const mayPass = MAY_PASS.some((type) => isMessageBatchFailure(error, type));
    if (mayPass && context.info.attempt < SEARCH_ATTEMPTS_MAX) throw error;
  }
}
