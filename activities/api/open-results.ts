import { findMessageBatchFailure } from '../../src/contract/failures';
import { batchPath } from './batch-answer';
import { openDownload, type Caller } from './call-api';

/** Time limit for the first byte: the API may have to assemble a large file. */
const START_MS_MAX = 2 * 60_000;

/** The results of a batch as the API answers for them; what `none` means depends on the state of the batch. */
export type OpenedResults =
  | { readonly kind: 'open'; readonly body: AsyncIterable<Uint8Array> }
  /** 404: the API does not know the batch, or has no results of it. */
  | { readonly kind: 'notFound' }
  /** Another refusal, as for an archived batch. */
  | { readonly kind: 'refused'; readonly failure: Error };

/**
 * Opens the results of a batch; the body is the caller's to read.
 *
 * @param signal - Ends the download, its body included.
 * @throws ApplicationFailure of the table in `http-failures.ts`, other than `MessageBatch.BatchNotFound` and
 * `MessageBatch.Refused`.
 */
export async function openResults(
  caller: Caller,
  batchId: string,
  signal: AbortSignal
): Promise<OpenedResults> {
  const call = {
    method: 'get',
    // Never `results_url`: that is text from the API, and the key would be sent to any URL in it.
    path: batchPath(batchId, '/results'),
    accept: 'application/x-jsonl',
    what: `the results of batch ${batchId}`,
    batchId,
    timeoutMs: START_MS_MAX,
  } as const;
  try {
    const { body } = await openDownload(caller, call, signal);
    return { kind: 'open', body: (body ?? []) as AsyncIterable<Uint8Array> };
  } catch (error) {
    const failure = findMessageBatchFailure(error);
    if (failure?.type === 'MessageBatch.BatchNotFound') return { kind: 'notFound' };
    if (failure?.type === 'MessageBatch.Refused') return { kind: 'refused', failure };
    throw error;
  }
}
