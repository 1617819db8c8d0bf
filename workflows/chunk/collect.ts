/**
 * Collecting a batch's results: incomplete ones are read again, a bounded number of times with growing delays.
 */
import type { BatchInput, CollectInput } from '../../src/contract/activities';
import { backoffMs } from '../../src/core/wait/check-schedule';
import { findMessageBatchFailure } from '../../src/contract/failures';
import { COLLECT_READS_MAX } from '../../src/contract/limits';
import type { Chunk } from './chunk-state';
import { sleepUnlessWoken } from '../common/control';
import { longCall, priorityFor } from '../common/calls';
import { waitOrFail } from '../common/recovery';
import { isGivenUp } from './ask';

interface CollectOptions extends BatchInput {
  /** Whether this job asked the API to cancel the batch. */
  readonly canceledByUs: boolean;
  /** Whether a person has given the batch up. */
  readonly givenUp: boolean;
}

/** Reads the results until they are complete; after the last reading, requests without a result are `missing`. */
export async function collectBatch(
  chunk: Chunk,
  { givenUp: initiallyGivenUp, ...batch }: CollectOptions
): Promise<void> {
  let incomplete = 0;
  let givenUp = initiallyGivenUp;
  for (let failures = 1; ; failures++) {
    const acceptIncomplete = incomplete >= COLLECT_READS_MAX;
    try {
      const summary = `collect ${batch.batchId}`;
      const input: CollectInput = { ...batch, takeAsIs: acceptIncomplete, gone: givenUp };
      const collected = await longCall(summary, priorityFor(chunk.state)).messageBatchCollect(
        input
      );
      await chunk.change({ collected, pause: null });
      return;
    } catch (error) {
      const found = findMessageBatchFailure(error, 'MessageBatch.ResultsIncomplete');
      if (found !== null && acceptIncomplete) {
        // There is no result to accept: a person should know, and the results may still appear.
        givenUp = await isGivenUp(chunk, found.message);
      } else if (found !== null) {
        incomplete += 1;
        const summary = `results of ${batch.batchId} incomplete, reading ${incomplete + 1} next`;
        await sleepUnlessWoken(chunk.control, backoffMs(incomplete), { summary });
      } else if (findMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) {
        const what = `The API no longer knows ${batch.batchId}, and its results are not collected. Was it deleted?`;
        givenUp = await isGivenUp(chunk, what);
      } else {
        await waitOrFail(chunk, error, failures);
      }
    }
  }
}
