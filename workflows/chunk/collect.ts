/**
 * Collecting a batch's results: complete, or read again, with a bound and growing pauses.
 */
import type { CollectInput } from '../../src/contract/activities';
import { backoffMs } from '../../src/core/wait/check-schedule';
import { findMessageBatchFailure } from '../../src/contract/failures';
import { COLLECT_READS_MAX } from '../../src/contract/limits';
import type { Chunk } from './chunk-state';
import { rest } from '../common/control';
import { callAbout, long } from '../common/calls';
import { overcome, standStillForBatch } from '../common/recovery';

/** Reads the results until they are whole; after the last reading, what is not there is `missing`. */
export async function collectBatch(
  chunk: Chunk,
  batch: Omit<CollectInput, 'takeAsIs'>
): Promise<void> {
  let incomplete = 0;
  let { gone } = batch;
  for (let failures = 1; ; failures++) {
    const takeAsIs = incomplete >= COLLECT_READS_MAX;
    try {
      const summary = `collect ${batch.batchId}`;
      const input: CollectInput = { ...batch, takeAsIs, gone };
      const collected = await long(summary, callAbout(chunk.state)).messageBatchCollect(input);
      await chunk.change({ collected, pause: null });
      return;
    } catch (error) {
      const found = findMessageBatchFailure(error, 'MessageBatch.ResultsIncomplete');
      if (found !== null && takeAsIs) {
        // Nothing to take: a person should know, and it may yet come.
        gone = await standStillForBatch(chunk, found.message);
      } else if (found !== null) {
        incomplete += 1;
        const summary = `results of ${batch.batchId} incomplete, reading ${incomplete + 1} next`;
        await rest(chunk.control, backoffMs(incomplete), { summary });
      } else if (findMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) {
        const what = `The API no longer knows ${batch.batchId}, whose results are not collected. Was it deleted?`;
        gone = await standStillForBatch(chunk, what);
      } else {
        await overcome(chunk, error, failures);
      }
    }
  }
}
