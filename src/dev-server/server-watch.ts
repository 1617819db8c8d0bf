/**
 * Keeps a server that is in use running.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './process-identity';
import { probe } from './server-probe';
import { trimLog } from './server-process';
import type { RunningServer } from './server-record';
import type { StateFolder } from './state-folder';

export interface ServerWatch {
  readonly current: RunningServer;
  /** Resolves, and never rejects, when the server could not be restarted. */
  readonly lost: Promise<Error>;
  stop(): Promise<void>;
}

export interface WatchDeps {
  readonly folder: StateFolder;
  /** Starts the server again, or finds that another process did. */
  readonly restart: (gone: RunningServer) => Promise<RunningServer>;
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Pauses before the tries to start it again. Defaults to six tries in half a minute. */
  readonly backoffMs?: readonly number[];
}

const CHECK_DELAY_MS = 500;
/** The server is probed now and then, in case it is alive but hangs. */
const PROBE_EVERY_MS = 10_000;
const PROBE_TIMEOUT_MS = 10_000;
const UNANSWERED_MAX = 2;
const BACKOFF_MS = [0, 1000, 2000, 4000, 8000, 15_000];
/** A server that ends again and again is not restarted for ever. */
const RESTARTS_MAX = 20;
const RESTARTS_WITHIN_MS = 60_000;

/** Checks the server twice a second, and restarts it when it has ended. */
export function watchServer(server: RunningServer, deps: WatchDeps): ServerWatch {
  const stopping = new AbortController();
  let current = server;
  let resolveLost: (error: Error) => void;
  const lost = new Promise<Error>((done) => (resolveLost = done));

  const watching = (async () => {
    const restarts: number[] = [];
    while (await isGone(current, deps.folder, stopping.signal)) {
      restarts.push(Date.now());
      if (
        restarts.length > RESTARTS_MAX &&
        Date.now() - (restarts.shift() ?? 0) < RESTARTS_WITHIN_MS
      ) {
        throw new Error(`The Temporal server of ${deps.folder.path} ends again and again.`);
      }
      deps.onProgress?.('The Temporal server is gone: starting it again');
      const next = await restartWithBackoff(current, deps, stopping.signal);
      if (next === undefined) return;
      current = next;
      deps.onProgress?.('The Temporal server is back');
    }
  })().catch((error: unknown) => {
    resolveLost(error instanceof Error ? error : new Error(String(error)));
  });

  return {
    get current() {
      return current;
    },
    lost,
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

/** Resolves to true when the server is dead or hangs, to false when the watch stops. */
async function isGone(
  server: RunningServer,
  folder: StateFolder,
  signal: AbortSignal
): Promise<boolean> {
  let probedAtMs = Date.now();
  let unanswered = 0;
  while (await pause(CHECK_DELAY_MS, signal)) {
    if (!isAlive(server)) return true;
    if (Date.now() - probedAtMs < PROBE_EVERY_MS) continue;
    trimLog(folder);
    unanswered = (await probe(server.port, PROBE_TIMEOUT_MS)) === undefined ? unanswered + 1 : 0;
    if (unanswered === UNANSWERED_MAX) return !signal.aborted;
    probedAtMs = Date.now();
  }
  return false;
}

/** @returns undefined when the watch stops meanwhile. */
async function restartWithBackoff(
  gone: RunningServer,
  { restart, backoffMs = BACKOFF_MS }: WatchDeps,
  signal: AbortSignal
): Promise<RunningServer | undefined> {
  let failure: unknown;
  for (const delayMs of backoffMs) {
    if (!(await pause(delayMs, signal))) return undefined;
    try {
      return await restart(gone);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** @returns false when the signal ends the pause. It does not keep the process alive. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return await sleep(ms, true, { signal, ref: false }).catch(() => false);
}
