/**
 * The lock of a state folder: a process that starts, stops or records its server holds it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import type { StateFolder } from './state-folder';

export interface FolderLock {
  /** Call right before a step that must not happen twice. @throws Error when the lock is lost. */
  assertHeld(): void;
}

/** A holder refreshes its lock every second. One that stops refreshing counts as dead, and its lock is taken over. */
const STALE_MS = 5000;
const UPDATE_MS = 1000;
/** A holder may be waiting for one server to end and another to start, both slowly. */
const WAIT_MS = 120_000;
const RETRY_MS = 100;
/** Two processes that take over one dead holder's lock at the same instant notice each other within this time. */
const TAKEOVER_MS = 200;

/** Runs work while holding the folder's lock. */
export async function withFolderLock<T>(
  folder: StateFolder,
  work: (held: FolderLock) => Promise<T>
): Promise<T> {
  const ownerPath = join(folder.path, 'lock-owner');
  const { token, release, held } = await acquire(folder, ownerPath);
  try {
    return await work(held);
  } finally {
    if (readOwner(ownerPath) === token) {
      rmSync(ownerPath, { force: true });
      await release();
    }
  }
}

/**
 * A lock left by a dead holder can be removed by one taker right after another taker has made it anew, so that both
 * hold it. The owner's file shows the second one to the first, which goes back to waiting.
 */
async function acquire(folder: StateFolder, ownerPath: string) {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    let compromised = false;
    const release = await lockBefore(deadline, folder, () => {
      compromised = true;
    });
    const isTakeover = readOwner(ownerPath) !== undefined;
    const token = randomUUID();
    writeFileSync(ownerPath, token, { mode: 0o600 });
    if (isTakeover) await sleep(TAKEOVER_MS);
    if (readOwner(ownerPath) !== token) continue;

    const assertHeld = (): void => {
      if (compromised || readOwner(ownerPath) !== token) {
        throw new Error(
          `This process was suspended for too long, and another one took over ${folder.path}: try again.`
        );
      }
    };
    const releaseOnce = async (): Promise<void> => {
      // Lost at the last moment: its new holder releases it.
      if (!compromised) await release().catch(() => undefined);
    };
    return { token, release: releaseOnce, held: { assertHeld } };
  }
}

async function lockBefore(
  deadline: number,
  folder: StateFolder,
  onCompromised: () => void
): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lock(folder.path, {
        lockfilePath: join(folder.path, 'lock'),
        realpath: false,
        stale: STALE_MS,
        update: UPDATE_MS,
        onCompromised,
      });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // ENOENT: another process took our new lock for a dead holder's, and removed it.
      if (code !== 'ELOCKED' && !(code === 'ENOENT' && existsSync(folder.path))) throw error;
      if (Date.now() > deadline) {
        throw new Error(
          `Another command has been starting or stopping the Temporal server of ${folder.path} for ${WAIT_MS / 1000} s.`,
          { cause: error }
        );
      }
      await sleep(RETRY_MS * (0.5 + Math.random()));
    }
  }
}

function readOwner(ownerPath: string): string | undefined {
  try {
    return readFileSync(ownerPath, 'utf8');
  } catch {
    return undefined;
  }
}
