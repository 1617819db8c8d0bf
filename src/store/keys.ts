import { failure } from '../contract/failures';

/** Folder for objects that are being written, in the same file system as the rest. No key leads into it. */
export const TEMP_FOLDER = '.tmp';

/**
 * Checks that a key is a plain relative path that stays inside the store.
 *
 * @throws ApplicationFailure `MessageBatch.BadReference`, not retryable.
 */
export function assertKey(key: string): void {
  const segments = key.split('/');
  const plain = segments.every(
    (segment) => segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0')
  );
  if (plain && segments[0] !== TEMP_FOLDER) return;
  throw failure(
    'MessageBatch.BadReference',
    `Expected a key of the store to be a relative path without empty parts or "..", got ${JSON.stringify(key.slice(0, 300))}.`
  );
}
