/**
 * Turns `file:` URIs into keys, and refuses every path that leaves the root.
 *
 * @module
 */
import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failure } from '../../contract/failures';
import { assertKey } from '../keys';
import { errorCode, toStoreFailure } from './file-errors';

/**
 * Finds the key of a URI, following the symbolic links of every existing part.
 *
 * @param root - The store's root, itself without symbolic links.
 * @throws ApplicationFailure `MessageBatch.BadReference` when the URI is not a plain `file:///…` of a path in the store.
 */
export async function localKeyOf(root: string, uri: string): Promise<string> {
  const path = await followLinks(toPath(uri, root), uri);
  const inside = relative(root, path);
  if (
    inside === '' ||
    inside === '..' ||
    inside.startsWith(`..${sep}`) ||
    resolve(inside) === inside
  ) {
    throw refused(
      uri,
      `is not in the store ${root}; clients and Workers need the same store (MESSAGE_BATCHES_STORE)`
    );
  }
  const key = inside.split(sep).join('/');
  assertKey(key);
  return key;
}

function toPath(uri: string, root: string): string {
  if (!/^file:\/\/\/[^/]/i.test(uri)) {
    throw refused(uri, `is not a file:/// URI; this store is the folder ${root}`);
  }
  // The URL parser strips white space, resolves dots and their escapes, and cuts off a query: check the raw text.
  const raw = uri.slice('file:///'.length);
  // eslint-disable-next-line no-control-regex -- Control characters are refused.
  if (/[\u0000-\u0020\u007f\\?#]|%(00|2f)/i.test(raw)) {
    throw refused(
      uri,
      'contains a character that has to be percent-encoded, or is not allowed in a name'
    );
  }
  if (raw.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) {
    throw refused(uri, 'contains a "." or ".." part');
  }
  try {
    return fileURLToPath(uri);
  } catch {
    throw refused(uri, 'is not percent-encoded correctly');
  }
}

/** Resolves the existing part of a path; what does not exist yet is appended. */
async function followLinks(path: string, uri: string): Promise<string> {
  let existing = resolve(path);
  let rest = '';
  for (;;) {
    try {
      return join(await realpath(existing), rest);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw toStoreFailure(error, 'read', shown(uri));
      // A broken link could lead out of the store as soon as its target exists.
      if (await isThere(existing)) throw refused(uri, 'leads through a broken symbolic link');
    }
    rest = join(existing.slice(dirname(existing).length), rest);
    existing = dirname(existing);
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false
  );
}

function refused(uri: string, why: string) {
  return failure('MessageBatch.BadReference', `The reference ${shown(uri)} ${why}.`);
}

function shown(uri: string): string {
  return JSON.stringify(uri.slice(0, 300));
}
