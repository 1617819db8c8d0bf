/**
 * The store: contains requests, bodies, results and the records of jobs.
 *
 * One interface for a local folder and, later, S3. Keys are relative paths with `/`; every object is written whole or not
 * at all.
 *
 * Why: docs/decisions/006-store-outside-temporal.md
 *
 * @module
 */
import type { Readable } from 'node:stream';
import type { StoreReference } from '../contract/public';

/** A byte range: `start` inclusive, `end` exclusive. Without an `end`, to the end of the object. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/** An object's bytes as a file on this machine, with its hash verified. */
export interface LocalCopy {
  readonly path: string;
  /** Removes the file if it is a copy. Safe to call twice. */
  release(): Promise<void>;
}

export interface Store {
  /** The root: `file:///…` or `s3://bucket/prefix`. */
  readonly uri: string;
  /** A random id kept in the store itself, made on first use. Two roots with the same id are the same store. */
  id(): Promise<string>;
  uriOf(key: string): string;
  /**
   * @throws ApplicationFailure `MessageBatch.BadReference` when the URI leads outside the store, symlinks included.
   */
  keyOf(uri: string): Promise<string>;
  /** Writes an object under a temporary name, counting and hashing its bytes, then moves it to its key atomically. */
  write(
    key: string,
    source: AsyncIterable<Uint8Array> | Uint8Array | string
  ): Promise<StoreReference>;
  /**
   * Like `write`, but leaves an existing object as it is.
   *
   * @returns false when the object existed. Best effort in storage without an atomic create, so it never proves anything.
   */
  writeNew(key: string, source: Uint8Array | string): Promise<boolean>;
  /** @throws ApplicationFailure `MessageBatch.BadReference` (on first read) when there is no such object. */
  read(key: string, range?: ByteRange): Readable;
  /** @returns undefined when there is no such object. @throws `MessageBatch.StoreDamaged` when it is not JSON. */
  readJson(key: string): Promise<unknown>;
  /** @returns undefined when there is no such object. */
  size(key: string): Promise<number | undefined>;
  /** Every key below a folder at any depth, sorted. */
  list(prefix: string): Promise<string[]>;
  /** Removes an object, or everything below a folder. A key without an object is not an error. */
  remove(key: string): Promise<void>;
  /** @throws `MessageBatch.StoreDamaged` when length or hash differ from the reference. */
  localCopy(reference: StoreReference): Promise<LocalCopy>;
  /** Reads an object as a stream that fails with `MessageBatch.StoreDamaged` at its end when the hash differs. */
  readVerified(reference: StoreReference): AsyncIterable<Buffer>;
}
