/**
 * Reads the results of one batch: once, or again where a broken connection leaves open what the file contains.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { FileHandle } from 'node:fs/promises';
import type { BatchCheck, CollectInput } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import {
  differingCounts,
  judgeReading,
  type DownloadEnd,
} from '../../src/core/collect/judge-reading';
import type { Caller } from '../api/call-api';
import { openResults } from '../api/open-results';
import type { ActivityDeps } from '../worker/deps';
import type { Members } from './collect-members';
import { createResultsIndex, type ResultsIndex } from './results-index';
import { spoolResults } from './results-spool';

const DOWNLOAD_STALL_MS_DEFAULT = 60_000;
const READ_AGAIN_DELAY_MS = 1000;

export interface Collection {
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
 * Reads the results until they are complete, or will never be.
 *
 * @throws ApplicationFailure `MessageBatch.ResultsIncomplete` (retryable).
 */
export async function readResults(
  collection: Collection,
  spool: FileHandle
): Promise<ResultsIndex> {
  const { input, check, members, prefix, canceledByUs } = collection;
  const { maxAttempts } = input.options;
  const breaks: number[] = [];
  for (;;) {
    const index = createResultsIndex({ members, prefix, maxAttempts, canceledByUs });
    const end = await download(collection, spool, index);
    if (end === 'broken') breaks.push(members.count - index.counts.missing);
    const flaw = findFlaw(index, end, check);
    const decision = judgeReading({
      end,
      flawless: flaw === null,
      acceptIncomplete: input.takeAsIs,
      archived: check.archivedAt !== null,
      breaks,
    });
    switch (decision) {
      case 'take':
        return index;
      case 'readAgain':
        await Context.current().sleep(READ_AGAIN_DELAY_MS);
        break;
      case 'failIncomplete':
        throw incomplete(input, flaw ?? 'unknown');
    }
  }
}

export function incomplete({ batchId }: CollectInput, flaw: string): Error {
  const message = `The results of batch ${batchId} are not complete: ${flaw}.`;
  return failure('MessageBatch.ResultsIncomplete', message, { details: { batchId } });
}

async function download(
  { deps, input, caller, check, heartbeat }: Collection,
  spool: FileHandle,
  index: ResultsIndex
): Promise<DownloadEnd> {
  const context = Context.current();
  const stall = new AbortController();
  const signal = AbortSignal.any([context.cancellationSignal, stall.signal]);
  const results = await openResults(caller, input.batchId, signal);
  if (results.kind === 'notFound') return 'no_results';
  if (results.kind === 'refused') {
    if (check.archivedAt !== null) return 'no_results';
    throw results.failure;
  }
  const { body } = results;
  const stallMs = deps.downloadStallMs ?? DOWNLOAD_STALL_MS_DEFAULT;
  const onStall = (): void => {
    stall.abort();
  };
  const end = await spoolResults({ body, onStall, stallMs, heartbeat }, spool, index);
  // A cancellation and a broken connection cause the same error.
  if (context.cancellationSignal.aborted) return context.cancelled;
  return end;
}

/** Describes in numbers what is wrong with the results; null when nothing is. */
function findFlaw(
  { flaws, counts, members, lines, unknownTypes }: ResultsIndex,
  end: DownloadEnd,
  check: BatchCheck
): string | null {
  if (end === 'no_results') return 'the API has none';
  const parts = [
    end === 'broken' ? `the connection broke off in line ${lines + 1} or later` : null,
    end === 'line_too_long' ? `line ${lines + 1} is longer than any result` : null,
    flaws.unreadable > 0 ? `${flaws.unreadable} of ${lines} lines are unreadable` : null,
    flaws.foreign > 0 ? `${flaws.foreign} results are of other requests` : null,
    flaws.repeated > 0 ? `${flaws.repeated} results are repeated` : null,
    counts.missing > 0 ? `${counts.missing} of ${members.count} results are missing` : null,
  ].filter((part) => part !== null);
  if (parts.length > 0) return parts.join(', ');
  const differing = differingCounts(counts, unknownTypes, check.counts);
  if (differing.length === 0) return null;
  return `the numbers of ${differing.join(', ')} results are not those of the batch`;
}
