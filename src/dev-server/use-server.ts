/**
 * The Temporal dev server of a state folder, shared by all commands that use the folder.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { ensureServer, stopServer } from './ensure-server';
import { findExecutable } from './executables/find';
import { withFolderLock, type FolderLock } from './folder-lock';
import { LOOPBACK } from './ports';
import { endProcess, isAlive } from './process-identity';
import { NAMESPACE, prepareNamespace, type SearchAttributes } from './server-probe';
import { readRecord, type RunningServer } from './server-record';
import { watchServer } from './server-watch';
import { openStateFolder, type StateFolder } from './state-folder';
import { registerUser, removeUser, sweepUsers } from './users';

export interface DevServerOptions {
  readonly stateDir: string;
  /** Defaults to a free port, chosen the first time and kept. A server in use stays on the ports it has. */
  readonly port?: number;
  /** The same for the UI. */
  readonly uiPort?: number;
  readonly searchAttributes?: SearchAttributes;
  /** Called with one sentence about what takes time, or has failed and is being fixed. */
  readonly onProgress?: (message: string) => void;
}

export interface DevServer {
  /** `127.0.0.1:port`: the same for as long as the server is used. */
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
  /** Of the server: changes when it is started again. */
  readonly pid: number;
  /** The state folder's absolute path. */
  readonly stateDir: string;
  /** Resolves, and never rejects, when the server died and could not be started again. */
  readonly lost: Promise<Error>;
  /** Ends this use; the last user stops the server. Safe to call more than once. */
  release(): Promise<void>;
}

const PREPARE_TIMEOUT_MS = 5000;

/**
 * Finds the folder's server, or starts it, and keeps it running until it is released.
 *
 * Any number of processes may do so at once. One that is killed leaves the server running; the next one takes over.
 *
 * @throws Error in one clear sentence, with the end of the server's log where it could not be started.
 */
export async function useDevServer(options: DevServerOptions): Promise<DevServer> {
  const { searchAttributes = {}, onProgress } = options;
  const folder = await openStateFolder(options.stateDir);
  const executable = await executableFinder(folder, onProgress);
  const { user, server } = await withFolderLock(folder, async (lock) => {
    const mayMove = sweepUsers(folder) === 0;
    const user = registerUser(folder);
    try {
      const wish = { ports: options, mayMove, executable, onProgress };
      const server = await ensureServer(folder, lock, wish);
      await prepareNamespace(server.port, searchAttributes, PREPARE_TIMEOUT_MS);
      return { user, server };
    } catch (error) {
      await leaveLocked(folder, user, lock);
      throw error;
    }
  });

  const watch = watchServer(server, {
    folder,
    onProgress,
    restart: (gone) => restart(folder, gone, executable),
  });
  let released: Promise<void> | undefined;
  return {
    address: `${LOOPBACK}:${server.port}`,
    namespace: NAMESPACE,
    uiUrl: `http://${LOOPBACK}:${server.uiPort}`,
    get pid() {
      return watch.current.pid;
    },
    stateDir: folder.path,
    lost: watch.lost,
    release: () => (released ??= watch.stop().then(() => leave(folder, user, watch.current))),
  };
}

/** Finds the executable before the lock is taken, if it will be needed: it may have to be downloaded. */
async function executableFinder(
  folder: StateFolder,
  onProgress: DevServerOptions['onProgress']
): Promise<() => Promise<string>> {
  let found: Promise<string> | undefined;
  const find = (): Promise<string> =>
    (found ??= findExecutable('temporal-cli', onProgress ? { onProgress } : {}));
  const { running } = readRecord(folder);
  if (!running || !isAlive(running)) await find();
  return find;
}

/** Clients are connected to the old ports, so the server must be restarted on the same ones. */
async function restart(
  folder: StateFolder,
  gone: RunningServer,
  executable: () => Promise<string>
): Promise<RunningServer> {
  const { port, uiPort } = gone;
  return await withFolderLock(folder, async (lock) => {
    const next = await ensureServer(folder, lock, {
      ports: { port, uiPort },
      mayMove: false,
      executable,
    });
    if (next.port === port) return next;
    throw new Error(
      `The Temporal server of ${folder.path} was started again on port ${next.port}, because ${port} was taken.`
    );
  });
}

async function leave(folder: StateFolder, user: string, current: RunningServer): Promise<void> {
  if (!existsSync(folder.path)) {
    // The folder was removed: no other process can find this server, and its database is deleted.
    await endProcess(current, 0);
    return;
  }
  await withFolderLock(folder, (lock) => leaveLocked(folder, user, lock));
}

async function leaveLocked(folder: StateFolder, user: string, lock: FolderLock): Promise<void> {
  if (removeUser(folder, user) === 0) await stopServer(folder, lock);
}
