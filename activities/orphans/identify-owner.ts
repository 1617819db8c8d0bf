/**
 * Whose batch is it? The ids in its results tell.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import { failure, isMessageBatchFailure } from '../../src/contract/failures';
import { LINE_BYTES_MAX } from '../../src/contract/limits';
import { toPosition } from '../../src/core/plan/wire-id';
import { LineTooLongError, readLines } from '../../src/store/lines';
import type { Caller } from '../api/call-api';
import { openResults } from '../api/open-results';

/** One line is enough, since every id names its job, chunk and round. A second one guards against a torn line. */
const LINES_READ_MAX = 2;
const DOWNLOAD_MS_MAX = 2 * 60_000;

/**
 * Reads the first results of a batch that has ended, and compares their ids with those of a chunk.
 *
 * @param prefix - What the chunk's own wire ids begin with.
 * @returns `unreadable` when the API does not know the batch, or its results contain no id.
 * @throws ApplicationFailure of the table in `http-failures.ts` for every other refusal, and for a broken connection.
 */
export async function identifyOwner(
  caller: Caller,
  batchId: string,
  prefix: string
): Promise<'ours' | 'foreign' | 'unreadable'> {
  const ids = await readFirstIds(caller, batchId);
  if (ids.length === 0) return 'unreadable';
  return ids.every((id) => toPosition(prefix, id) !== null) ? 'ours' : 'foreign';
}

async function readFirstIds(caller: Caller, batchId: string): Promise<string[]> {
  const { cancellationSignal, cancelled } = Context.current();
  const download = new AbortController();
  const timeout = AbortSignal.timeout(DOWNLOAD_MS_MAX);
  const signal = AbortSignal.any([download.signal, cancellationSignal, timeout]);
  const ids: string[] = [];
  try {
    const results = await openResults(caller, batchId, signal);
    if (results.kind === 'notFound') return [];
    if (results.kind === 'refused') throw results.failure;
    for await (const lines of readLines(results.body, { lineBytesMax: LINE_BYTES_MAX })) {
      for (const { bytes } of lines) {
        const id = idOf(bytes);
        if (id === null) return ids;
        ids.push(id);
        if (ids.length >= LINES_READ_MAX) return ids;
      }
    }
    return ids;
  } catch (error) {
    if (isMessageBatchFailure(error)) throw error;
    if (cancellationSignal.aborted) return await cancelled;
    // The lines before a broken connection, or before one that never ends, are complete.
    if (ids.length > 0 || error instanceof LineTooLongError) return ids;
    throw failure(
      'MessageBatch.ApiUnavailable',
      `The connection broke off before the first results of batch ${batchId}.`,
      { details: { batchId } }
    );
  } finally {
    download.abort();
  }
}

function idOf(line: Buffer): string | null {
  try {
    const parsed: unknown = JSON.parse(line.toString('utf8'));
    const id = (parsed as { custom_id?: unknown } | null)?.custom_id;
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}
