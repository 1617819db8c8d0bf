import { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../contract/failures';

const CAUSES: Readonly<Record<string, string>> = {
  EACCES: 'the rights to do so are missing',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file system takes no file this large',
  EIO: 'the disk reports an error',
  EMFILE: 'this process has too many files open',
  ENFILE: 'this machine has too many files open',
  ENOSPC: 'the disk is full',
  EPERM: 'the rights to do so are missing',
  EROFS: 'the file system is read-only',
};

/** Codes that say that a path leads to nothing, or to a folder where a file is meant, or the other way round. */
const NOWHERE: readonly string[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP'];

/**
 * Turns an error of the file system into a failure that says what was tried, where, and what prevented it.
 *
 * @param verb - What was tried: `read`, `write`.
 * @param where - The path.
 * @returns `MessageBatch.BadReference` for a path to nothing, else `MessageBatch.StoreUnavailable`, which is retried.
 *   A failure and an error that is none of the file system come back as they are.
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
  const reason = CAUSES[code] ?? 'the file system refused';
  return failure(
    'MessageBatch.StoreUnavailable',
    `Can't ${verb} ${where} in the store: ${reason} (${code}).`,
    { cause }
  );
}

/** @returns null for an error that the file system did not make. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && syscall !== undefined ? code : null;
}
