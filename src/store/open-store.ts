import { fileURLToPath } from 'node:url';
import { failure } from '../contract/failures';
import { openLocalStore } from './local/local-store';
import type { Store } from './store';

/** Where the store is unless one is configured: below the working directory. */
export const STORE_DEFAULT = '.message-batches/store';

/**
 * Opens the store at a URI: `file:///…`, or a plain path.
 *
 * @throws ApplicationFailure `MessageBatch.BadOptions` for an unsupported kind of store.
 */
export async function openStore(uri: string): Promise<Store> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (uri === '') throw failure('MessageBatch.BadOptions', 'Expected a path or URI of a store.');
  if (scheme === undefined) return openLocalStore(uri);
  if (scheme === 'file') return openLocalStore(toPath(uri));
  if (scheme === 's3') {
    throw failure(
      'MessageBatch.BadOptions',
      'A store in S3 is not yet supported; use a folder that all Workers share, as file:///… or a path.'
    );
  }
  throw failure(
    'MessageBatch.BadOptions',
    `Expected the store to be a path or a file: URI, got one that begins with ${JSON.stringify(`${scheme}:`)}.`
  );
}

function toPath(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch {
    throw failure('MessageBatch.BadOptions', "The store's file: URI is not well-formed.");
  }
}
