import { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../contract/failures';

const CAUSES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is too large for the file system',
  EIO: 'the disk reports an error',
  EMFILE: 'this process has too many open files',
  ENFILE: 'this machine has too many open files',
  ENOSPC: 'the disk is full',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

/** Codes for a path that does not exist, or is a folder where a file is expected, or the other way round. */
const NOWHERE: readonly string[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP'];

/**
 * Turns an error of the file system into a failure that says what was tried, where, and why it failed.
 *
 * @param verb - What was tried: `read`, `write`.
 * @param where - The path.
 * @returns `MessageBatch.BadReference` for a path that does not exist, else `MessageBatch.StoreUnavailable` (retryable).
 *   A failure, or an error from elsewhere, is returned unchanged.
 */
export function toStoreFailure(error: unknown, verb: string, where: string): unknown {
  if (error instanceof ApplicationFailure) return error;
  const code = errorCode(error);
  if (code === null) return error;
  const cause = error as Error;
  if (verb === 'read' && NOWHERE.includes(code)) {
    return failure('MessageBatch.BadReference', `There is no object ${where} in the store.`, {
      cause,
    });
  }
  const reason = CAUSES[code] ?? 'the file system reports an error';
  return failure(
    'MessageBatch.StoreUnavailable',
    `Cannot ${verb} ${where} in the store: ${reason} (${code}).`,
    { cause }
  );
}

/** @returns null for an error that is not from the file system. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && syscall !== undefined ? code : null;
}
