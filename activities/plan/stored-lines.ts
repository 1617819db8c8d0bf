/**
 * The input as JSON Lines in the store, where it came by its URI in another form.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { failure } from '../../src/contract/failures';
import { jobFiles } from '../../src/records/job-files';
import { openRequestLines } from '../../src/records/request-lines';
import type { Store } from '../../src/store/store';
import { throttledHeartbeat } from '../worker/heartbeat';
import type { JobRequest } from './plan-input';

/**
 * Converts an input into the job's folder, unless it is JSON Lines already. Call it when the id stands for this input:
 * before that, the folder may hold another one's.
 *
 * @param sha256 - Of the lines, as they were checked.
 * @returns The key of the lines.
 * @throws ApplicationFailure `MessageBatch.BadReference`, not retryable, when the input changed since the check.
 */
export async function storeLines(
  store: Store,
  { jobId, requestsKey }: Pick<JobRequest, 'jobId' | 'requestsKey'>,
  sha256: string
): Promise<string> {
  const input = await openRequestLines(store.read(requestsKey));
  if (!input.isConverted) {
    await input.close();
    return requestsKey;
  }
  const { requests: key } = jobFiles(jobId);
  const written = await store.write(key, input.bytes);
  if (written.sha256 === sha256) return key;
  throw failure(
    'MessageBatch.BadReference',
    `The input changed while it was read: ${requestsKey}. Nothing was submitted.`
  );
}

/** The hash of an input's lines, however long they are. */
export async function hashLines(store: Store, key: string): Promise<string> {
  const beat = throttledHeartbeat();
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of (await openRequestLines(store.read(key))).bytes) {
    hash.update(piece);
    bytes += piece.length;
    beat({ step: 'comparing', bytes });
  }
  return hash.digest('hex');
}
