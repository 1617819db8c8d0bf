/**
 * Whose batch is it? The ids in its results say.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import { failure, isMessageBatchFailure } from '../../src/contract/failures';
import { LINE_BYTES_MAX } from '../../src/contract/limits';
import { toPosition } from '../../src/core/plan/wire-id';
import { LineTooLongError, readLines } from '../../src/store/lines';
import { batchPath } from '../api/batch-answer';
import { openDownload, type Caller } from '../api/call-api';

/** One line is enough: every id names its job, chunk and round. A second guards against a line that is torn. */
const LINES_READ_MAX = 2;
const DOWNLOAD_MS_MAX = 2 * 60_000;

/**
 * Reads the first results of a batch that has ended.
 *
 * @param prefix - What the chunk's own wire ids begin with.
 * @returns `unreadable` when the API has the batch but not its results, or they are no results.
 * @throws ApplicationFailure of the table in `http-failures.ts` for anything that may pass.
 */
export async function identifyOwner(
  caller: Caller,
  batchId: string,
  prefix: string
): Promise<'ours' | 'foreign' | 'unreadable'> {
  const ids = await readFirstIds(caller, batchId);
  const [first] = ids;
  if (first === undefined) return 'unreadable';
  return ids.every((id) => toPosition(prefix, id) !== null) ? 'ours' : 'foreign';
}

async function readFirstIds(caller: Caller, batchId: string): Promise<string[]> {
  const { cancellationSignal, cancelled } = Context.current();
  const controller = new AbortController();
  const ids: string[] = [];
  const signals = [controller.signal, cancellationSignal, AbortSignal.timeout(DOWNLOAD_MS_MAX)];
  const call = {
    method: 'get',
    path: batchPath(batchId, '/results'),
    what: `the first results of batch ${batchId}`,
    batchId,
  } as const;
  try {
    const { body } = await openDownload(caller, call, AbortSignal.any(signals));
    if (body === null) return ids;
    const source = body as AsyncIterable<Uint8Array>;
    for await (const lines of readLines(source, { lineBytesMax: LINE_BYTES_MAX })) {
      for (const { bytes } of lines) {
        const id = idOf(bytes);
        if (id === null) return ids;
        ids.push(id);
        if (ids.length >= LINES_READ_MAX) return ids;
      }
    }
    return ids;
  } catch (error) {
    if (isMessageBatchFailure(error, 'MessageBatch.BatchNotFound')) return [];
    if (isMessageBatchFailure(error)) throw error;
    if (cancellationSignal.aborted) return await cancelled;
    // What came before the connection broke off, or before a line without an end, is whole.
    if (ids.length > 0 || error instanceof LineTooLongError) return ids;
    const message = `The first results of batch ${batchId} did not come: the connection broke off.`;
    throw failure('MessageBatch.ApiUnavailable', message, { details: { batchId } });
  } finally {
    controller.abort();
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
