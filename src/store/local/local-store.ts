import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { failure } from '../../contract/failures';
import type { StoreReference } from '../../contract/public';
import { assertKey, TEMP_FOLDER } from '../keys';
import type { LocalCopy, Store } from '../store';
import { accessFor, makeFolder, type Access } from './access';
import { errorCode, toStoreFailure } from './file-errors';
import { readFilePieces } from './local-read';
import { localKeyOf } from './local-uri';
import { linkInto, moveInto, writeTemporary, type ByteSource, type Written } from './local-write';

const ID_KEY = 'store.json';
const TEMP_AGE_MS_MAX = 24 * 60 * 60 * 1000;

/**
 * Opens a folder as a store, and creates it (private, 0700) if it does not exist.
 *
 * If the folder has the setgid bit and all permissions of its group (`chmod 2770`), everything in it is shared with that
 * group; otherwise only the user who writes can read.
 *
 * Any number of processes may use the folder at once.
 *
 * @throws ApplicationFailure `MessageBatch.StoreUnavailable` when the folder cannot be created or read.
 */
export async function openLocalStore(root: string): Promise<Store> {
  const given = resolve(root);
  try {
    await mkdir(given, { recursive: true, mode: 0o700 });
    const real = await realpath(given);
    const access = accessFor((await stat(real)).mode);
    await makeFolder(join(real, TEMP_FOLDER), access);
    await sweep(join(real, TEMP_FOLDER));
    return createLocalStore(real, access);
  } catch (error) {
    throw toStoreFailure(error, 'open', given);
  }
}

function createLocalStore(root: string, access: Access): Store {
  const pathOf = (key: string): string => {
    assertKey(key);
    return join(root, key);
  };
  let knownId: string | undefined;
  const store: Store = {
    uri: pathToFileURL(root).href,
    id: async () => (knownId ??= await readOrMakeId(store)),
    uriOf: (key) => pathToFileURL(pathOf(key)).href,
    keyOf: (uri) => localKeyOf(root, uri),
    write: async (key, source) => {
      const path = pathOf(key);
      const { path: temporary, ...written } = await writeTemp(root, key, source, access);
      await place(temporary, key, () => moveInto(temporary, path, access));
      return { uri: store.uriOf(key), ...written };
    },
    writeNew: async (key, source) => {
      const path = pathOf(key);
      if ((await store.size(key)) !== undefined) return false;
      const { path: temporary } = await writeTemp(root, key, source, access);
      return place(temporary, key, () => linkInto(temporary, path, access));
    },
    read: (key, range) => toReadable(readFilePieces(pathOf(key), key, range)),
    readJson: (key) => readJson(pathOf(key), key),
    size: (key) => sizeOf(pathOf(key), key),
    list: (prefix) => listBelow(root, prefix),
    remove: async (key) => {
      await rm(pathOf(key), { recursive: true, force: true }).catch((error: unknown) => {
        if (errorCode(error) !== 'ENOTDIR') throw toStoreFailure(error, 'remove', key);
      });
    },
    localCopy: (reference) => localCopy(store, root, reference),
    readVerified: (reference) => readVerified(store, reference),
  };
  return store;
}

async function writeTemp(
  root: string,
  key: string,
  source: ByteSource,
  access: Access
): Promise<Written & { path: string }> {
  const folder = join(root, TEMP_FOLDER);
  try {
    await makeFolder(folder, access);
    return await writeTemporary(folder, source, access);
  } catch (error) {
    throw toStoreFailure(error, 'write', key);
  }
}

async function place<T>(temporary: string, key: string, move: () => Promise<T>): Promise<T> {
  try {
    return await move();
  } catch (error) {
    await rm(temporary, { force: true });
    throw toStoreFailure(error, 'write', key);
  }
}

/** If two processes create the id at the same time, the first link wins, and both read its id. */
async function readOrMakeId(store: Store): Promise<string> {
  const id = toId(await store.readJson(ID_KEY));
  if (id !== undefined) return id;
  await store.writeNew(ID_KEY, `${JSON.stringify({ id: randomUUID() })}\n`);
  const made = toId(await store.readJson(ID_KEY));
  if (made !== undefined) return made;
  throw failure(
    'MessageBatch.StoreDamaged',
    `The object ${ID_KEY} does not contain the store's id.`
  );
}

function toId(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  const { id } = record as { id?: unknown };
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** A stream of pieces; the file is opened at the first read. */
function toReadable(pieces: AsyncGenerator<Buffer>): Readable {
  return Readable.from(pieces, { objectMode: false, highWaterMark: 64 * 1024 });
}

async function readJson(path: string, key: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw toStoreFailure(error, 'read', key);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw failure('MessageBatch.StoreDamaged', `The object ${key} in the store is not JSON.`);
  }
}

async function sizeOf(path: string, key: string): Promise<number | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? stats.size : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw toStoreFailure(error, 'read', key);
  }
}

async function listBelow(root: string, prefix: string): Promise<string[]> {
  if (prefix !== '') assertKey(prefix);
  const keys: string[] = [];
  const folders = [prefix];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await entriesOf(root, folder)) {
      const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (key === TEMP_FOLDER) continue;
      if (entry.isDirectory()) folders.push(key);
      else if (entry.isFile()) keys.push(key);
    }
  }
  return keys.sort();
}

async function entriesOf(root: string, folder: string) {
  try {
    return await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
    throw toStoreFailure(error, 'read', folder === '' ? root : folder);
  }
}

async function localCopy(
  store: Store,
  root: string,
  reference: StoreReference
): Promise<LocalCopy> {
  const key = await store.keyOf(reference.uri);
  const pieces = readVerified(store, reference);
  while (!(await pieces.next()).done);
  // No copy: the store is on this machine, and objects are never changed in place.
  return { path: join(root, key), release: () => Promise.resolve() };
}

async function* readVerified(
  store: Store,
  reference: StoreReference
): AsyncGenerator<Buffer, void, undefined> {
  const key = await store.keyOf(reference.uri);
  const size = await store.size(key);
  // Before anything is read: a reader of a cut object gets nothing instead of a part. The read names a missing object.
  if (size !== undefined && size !== reference.bytes) throw damaged(key);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of store.read(key) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    hash.update(piece);
    if (bytes > reference.bytes) break;
    yield piece;
  }
  if (bytes !== reference.bytes || hash.digest('hex') !== reference.sha256) throw damaged(key);
}

function damaged(key: string): Error {
  return failure(
    'MessageBatch.StoreDamaged',
    `The object ${key} in the store is damaged: its length or SHA-256 differs from what was written.`
  );
}

/** Removes temporary files of crashed writers, which are more than a day old. Best effort. */
async function sweep(folder: string, nowMs = Date.now()): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const { mtimeMs } = await stat(path);
      if (nowMs - mtimeMs > TEMP_AGE_MS_MAX) await rm(path, { force: true });
    }
  } catch {
    // Another process removed them first, or this one lacks the permission.
  }
}
