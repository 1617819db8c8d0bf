/**
 * The dev server's process: start it, and wait until it answers.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK, type Ports } from './ports';
import { identify, isAlive, type ProcessIdentity } from './process-identity';
import { probe } from './server-probe';
import type { RunningServer } from './server-record';
import type { StateFolder } from './state-folder';

export const DATABASE_FLAG = '--db-filename';

const READY_TIMEOUT_MS = 30_000;
const PROBE_TIMEOUT_MS = 5000;
const POLL_MS = 50;
/** If another server took the port, ours ends within this time, and the other one answers in its place. */
const PROVE_MS = 500;
const LOG_BYTES_MAX = 10_000_000;
const LOG_LINES_QUOTED = 5;

const DYNAMIC_CONFIG = [
  // As the SDK starts it: no call home, Updates on in older versions too.
  'frontend.enableServerVersionCheck=false',
  'frontend.enableUpdateWorkflowExecution=true',
  'frontend.enableUpdateWorkflowExecutionAsyncAccepted=true',
  // Otherwise timers fire up to a second late: the delay allows for clocks that differ, and there is only one here.
  'history.timerProcessorMaxTimeShift="10ms"',
];

/** The variables that the server needs. Not the whole environment: it contains keys, and the server may outlive us. */
const VARIABLES = [
  'PATH',
  'HOME',
  'USERPROFILE',
  'TMPDIR',
  'TMP',
  'TEMP',
  'LANG',
  'SystemRoot',
  'APPDATA',
  'LOCALAPPDATA',
];

/** Starts the server in a process group of its own, so that a terminal's Ctrl-C does not reach it. */
export function spawnServer(
  executable: string,
  folder: StateFolder,
  { port, uiPort }: Ports
): Promise<ProcessIdentity> {
  const args = [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port)],
    ...['--ui-ip', LOOPBACK, '--ui-port', String(uiPort)],
    ...[DATABASE_FLAG, folder.databasePath, '--log-level', 'error'],
    ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
  ];
  trimLog(folder);
  const log = openSync(folder.logPath, 'a', 0o600);
  const child = spawn(executable, args, {
    cwd: folder.path,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log, log],
    env: Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]])),
  });
  closeSync(log);
  child.unref();
  return new Promise((done, fail) => {
    child.once('error', (cause) => {
      fail(new Error(`The Temporal CLI ${executable} can't be run: ${cause.message}.`, { cause }));
    });
    if (child.pid === undefined) return;
    // Ended already: the identity of no process, so that a caller that waits for it sees the end.
    done(identify(child.pid) ?? { pid: child.pid, startedAt: 'ended' });
  });
}

/**
 * Waits until a server that was just started answers.
 *
 * @param clusterId - its database's id, where known: then no proof is needed that this server is the one that answers.
 * @returns Its database's id.
 * @throws Error with the log's last lines, when it ends or does not answer in 30 seconds.
 */
export async function waitUntilReady(
  server: RunningServer,
  folder: StateFolder,
  clusterId: string | undefined
): Promise<string> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (isAlive(server)) {
    const answer = await probe(server.port, PROBE_TIMEOUT_MS);
    if (answer !== undefined) {
      if (answer !== clusterId) await sleep(PROVE_MS);
      if (isAlive(server)) return answer;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `The Temporal server did not answer within ${READY_TIMEOUT_MS / 1000} s.${quoteLog(folder)}`
      );
    }
    await sleep(POLL_MS);
  }
  throw new Error(`The Temporal server could not be started.${quoteLog(folder)}`);
}

/** Keeps the log bounded. The server appends to it, so that it can be emptied while it runs. */
export function trimLog(folder: StateFolder): void {
  const size = statSync(folder.logPath, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES_MAX) truncateSync(folder.logPath);
}

function quoteLog(folder: StateFolder): string {
  const lines = readFileSync(folder.logPath, 'utf8').split('\n').filter(Boolean);
  const last = lines.slice(-LOG_LINES_QUOTED).map((line) => line.slice(0, 300));
  return ` The end of ${folder.logPath}:\n${last.join('\n')}`;
}
