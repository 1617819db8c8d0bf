/**
 * Collects the results of one batch: all of them, each once, or a failure that says how many are not there.
 *
 * The results stream through this Worker into a spool file, are put in the order of the input and written to the store;
 * nothing but numbers is kept in memory. The record of the chunk is written last: when it stands, everything stands.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { FileHandle } from 'node:fs/promises';
import type { BatchCheck, Collected, CollectInput } from '../../src/contract/activities';
import { failure, isMessageBatchFailure, type FailureType } from '../../src/contract/failures';
import { readCollectedRecord } from '../../src/records/collected-record';
import { chunkFiles } from '../../src/records/job-files';
import { readWireIdPrefix } from '../../src/records/job-tag';
import { readChunk } from '../../src/records/plan-records';
import type { Store } from '../../src/store/store';
import { batchPath, RESULTS_START_MS_MAX, retrieveBatch } from '../api/batch-answer';
import { callerOf, openDownload, type Caller } from '../api/call-api';
import { unexpectedAnswer } from '../api/http-failures';
import { wasCanceled } from '../submissions/cancel-record';
import { recordLateDuplicates } from '../orphans/duplicates';
import type { ActivityDeps } from '../worker/deps';
import { throttledHeartbeat } from '../worker/heartbeat';
import { assertRightWorker } from '../worker/right-worker';
import { readMembers, type Members } from './collect-members';
import { createResultsIndex, type ResultsIndex } from './results-index';
import { spoolResults, withSpool, type DownloadEnd } from './results-spool';
import { writeCollected } from './write-collected';

const DOWNLOAD_STALL_MS_DEFAULT = 60_000;
/** How often a download that breaks off must do so at the same result before the file itself is held to be torn. */
const SAME_BREAKS = 3;
const SAME_BREAK_DELAY_MS = 1000;
/** How often a collection is tried with the look for duplicates in front of it. */
const LOOK_ATTEMPTS_MAX = 3;
const MAY_PASS: readonly FailureType[] = [
  'MessageBatch.ApiUnavailable',
  'MessageBatch.RateLimited',
  'MessageBatch.StoreUnavailable',
];

interface Collection {
  readonly deps: ActivityDeps;
  readonly input: CollectInput;
  readonly caller: Caller;
  readonly check: BatchCheck;
  readonly members: Members;
  /** What the wire ids of the chunk begin with. */
  readonly prefix: string;
  readonly canceledByUs: boolean;
  readonly heartbeat: (details: unknown) => void;
}

/**
 * Makes the Activity that collects a chunk. Collecting again returns what was collected.
 *
 * @throws ApplicationFailure `MessageBatch.ResultsIncomplete` (retryable) when the results are not there or not whole;
 * with `takeAsIs`, what the file lacks is `missing` instead. `MessageBatch.UnexpectedAnswer` for a type of result or
 * error that this version does not know.
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
    await lookForDuplicates(collection);
    return withSpool(async (spool) => {
      const index = await readResults(collection, spool);
      const { store } = deps;
      const { check } = collection;
      return writeCollected({ store, input, check, index, spool, heartbeat });
    });
  };
}

/** Every request of a batch that a person has given up is missing. */
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
  // An earlier execution of the job may have asked.
  const canceledByUs = input.canceledByUs || (await wasCanceled(store, input));
  return { deps, input, caller, check, members, prefix, canceledByUs, heartbeat };
}

/** A matter of the report alone: what stands in its way must not keep the job's own results for long. */
async function lookForDuplicates({
  deps,
  caller,
  input,
  members,
  prefix,
  heartbeat,
}: Collection): Promise<void> {
  const context = Context.current();
  try {
    const look = { requests: members.count, prefix, heartbeat };
    await recordLateDuplicates(deps.store, caller, input, look);
  } catch (error) {
    if (context.cancellationSignal.aborted) throw error;
    const mayPass = MAY_PASS.some((type) => isMessageBatchFailure(error, type));
    if (mayPass && context.info.attempt < LOOK_ATTEMPTS_MAX) throw error;
  }
}

/** Reads the results until they are whole, or known never to be. */
async function readResults(collection: Collection, spool: FileHandle): Promise<ResultsIndex> {
  const { input, check, members, prefix, canceledByUs } = collection;
  const { maxAttempts } = input.options;
  const breaks: number[] = [];
  for (;;) {
    const index = createResultsIndex({ members, prefix, maxAttempts, canceledByUs });
    const end = await download(collection, spool, index);
    const flaw = findFlaw(index, end, check);
    // Never said of torn data: half a file may look like anything.
    if (index.unknown !== null && (flaw === null || input.takeAsIs)) {
      const what = { what: `the results of batch ${input.batchId}`, batchId: input.batchId };
      throw unexpectedAnswer(what, `a result of the ${index.unknown}`);
    }
    if (flaw === null) return index;
    if (!input.takeAsIs) throw incomplete(input, flaw);
    // The file came to its own end, or the API has removed it: this is what there is.
    if (end === 'whole' || (end === 'gone' && check.archivedAt !== null)) return index;
    breaks.push(members.count - index.counts.missing);
    if (end !== 'broken') throw incomplete(input, flaw);
    if (breaks.length < SAME_BREAKS) await Context.current().sleep(SAME_BREAK_DELAY_MS);
    else if (isTornFile(breaks)) return index;
    else throw incomplete(input, flaw);
  }
}

/** A connection that breaks says nothing about the file; one that always breaks at the same result does. */
function isTornFile([first = 0, ...others]: readonly number[]): boolean {
  return first > 0 && others.every((results) => results === first);
}

async function download(
  { deps, input, caller, check, heartbeat }: Collection,
  spool: FileHandle,
  index: ResultsIndex
): Promise<DownloadEnd | 'gone'> {
  const { batchId } = input;
  const context = Context.current();
  const stall = new AbortController();
  const signal = AbortSignal.any([context.cancellationSignal, stall.signal]);
  let response: Response;
  try {
    response = await openDownload(
      caller,
      {
        method: 'get',
        // Never `results_url`: it is the API's text, and the key would go wherever it says.
        path: batchPath(batchId, '/results'),
        accept: 'application/x-jsonl',
        what: `the results of batch ${batchId}`,
        batchId,
        timeoutMs: RESULTS_START_MS_MAX,
      },
      signal
    );
  } catch (error) {
    if (isMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) return 'gone';
    const isRefused = isMessageBatchFailure(error, 'MessageBatch.Refused');
    if (isRefused && check.archivedAt !== null) return 'gone';
    throw error;
  }
  const stallMs = deps.downloadStallMs ?? DOWNLOAD_STALL_MS_DEFAULT;
  const stalled = (): void => {
    stall.abort();
  };
  const body = (response.body ?? []) as AsyncIterable<Uint8Array>;
  const end = await spoolResults({ body, stalled, stallMs, heartbeat }, spool, index);
  // A canceled download looks like a broken one.
  if (context.cancellationSignal.aborted) return context.cancelled;
  return end;
}

/** Says in numbers what is wrong with the results; null when nothing is. */
function findFlaw(
  { flaws, counts, members, lines, unknown }: ResultsIndex,
  end: DownloadEnd | 'gone',
  check: BatchCheck
): string | null {
  if (end === 'gone') return 'the API has none';
  const parts = [
    end === 'broken' ? `the connection broke off in line ${lines + 1} or later` : null,
    end === 'line_too_long' ? `line ${lines + 1} is longer than any result` : null,
    flaws.unreadable > 0 ? `${flaws.unreadable} of ${lines} lines are unreadable` : null,
    flaws.foreign > 0 ? `${flaws.foreign} results are of other requests` : null,
    flaws.repeated > 0 ? `${flaws.repeated} results are repeated` : null,
    counts.missing > 0 ? `${counts.missing} of ${members.count} results are not there` : null,
  ].filter((part) => part !== null);
  if (parts.length > 0) return parts.join(', ');
  const types = ['succeeded', 'errored', 'expired', 'canceled'] as const;
  const differing = types.filter((type) => counts[type] !== check.counts[type]);
  if (unknown !== null || differing.length === 0) return null;
  return `the numbers of ${differing.join(', ')} results are not those of the batch`;
}

function incomplete({ batchId }: CollectInput, flaw: string): Error {
  const message = `The results of batch ${batchId} are not complete: ${flaw}.`;
  return failure('MessageBatch.ResultsIncomplete', message, { details: { batchId } });
}
