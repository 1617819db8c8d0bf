/**
 * Who can read a store in a folder: one user, or a group.
 *
 * @module
 */
import { chmod, mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { constants } from 'node:fs';

/** Modes of what a store contains. */
export interface Access {
  /** Whether the group of the root may read and write the store. */
  readonly isShared: boolean;
  readonly folderMode: number;
  readonly fileMode: number;
}

const PRIVATE: Access = { isShared: false, folderMode: 0o700, fileMode: 0o600 };

/** Files are replaced and never written to, so the group needs no permission to write them. */
const SHARED: Access = { isShared: true, folderMode: 0o2770, fileMode: 0o640 };

/** setgid, and all permissions of the group. */
const SHARED_BITS = 0o2070;

/**
 * Decides from the mode of a store's root. A shared one has the setgid bit, with which everything in it gets the root's
 * group; without it, files would belong to their writer's group.
 */
export function accessFor(rootMode: number): Access {
  return (rootMode & SHARED_BITS) === SHARED_BITS ? SHARED : PRIVATE;
}

/** Makes a folder, and those above it that do not exist. */
export async function makeFolder(path: string, access: Access): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: access.folderMode & 0o777 });
  if (!access.isShared || first === undefined) return;
  // The umask has taken bits away. The deepest folder first: others can enter when all are right.
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await chmod(made, access.folderMode);
  }
}

/** Creates a file that does not exist yet, for writing. */
export async function createFile(path: string, access: Access): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const file = await open(path, flags, access.fileMode);
  // As above. A private file may be left with fewer permissions by its writer's umask.
  if (access.isShared) await file.chmod(access.fileMode);
  return file;
}
