/**
 * One running, answering server per state folder. Everything here is done under the folder's lock.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FolderLock } from './folder-lock';
import { isPortFree, pickPort, type Ports } from './ports';
import { endProcess, findByFlag, isAlive } from './process-identity';
import { probe } from './server-probe';
import { DATABASE_FLAG, spawnServer, waitUntilReady } from './server-process';
import { readRecord, writeRecord, type RunningServer } from './server-record';
import type { StateFolder } from './state-folder';

export interface WantedPorts {
  readonly port?: number | undefined;
  readonly uiPort?: number | undefined;
}

export interface ServerWish {
  /** Where to listen. A port that is taken is an error then; otherwise another one is chosen. */
  readonly ports: WantedPorts;
  /** Whether a server on other ports may be restarted on these, because no process uses it. */
  readonly mayMove: boolean;
  readonly executable: () => Promise<string>;
  readonly onProgress?: ((message: string) => void) | undefined;
  /** How long a server that runs may take to answer before it counts as hung. Defaults to 10 seconds. */
  readonly hungMs?: number;
}

const HUNG_MS = 10_000;
const PROBE_TIMEOUT_MS = 5000;
const POLL_MS = 100;
/** The server takes about a second to end after SIGTERM. */
const END_GRACE_MS = 5000;
const PORT_GRACE_MS = 1000;
/** A server may be killed as it starts, or another program may take its port between our check and its start. */
const STARTS_MAX = 3;

/** Returns the folder's server; restarts it if necessary. */
export async function ensureServer(
  folder: StateFolder,
  lock: FolderLock,
  wish: ServerWish
): Promise<RunningServer> {
  const { running, clusterId } = readRecord(folder);
  let graceMs = END_GRACE_MS;
  if (running && isAlive(running) && !(wish.mayMove && !isOn(running, wish.ports))) {
    if (await answers(running, clusterId, wish.hungMs)) return running;
    if (isAlive(running)) wish.onProgress?.('The Temporal server hangs: starting it again');
    graceMs = 0;
  }
  const executable = await wish.executable();
  lock.assertHeld();
  await endServers(folder, running, graceMs);
  return await start(folder, lock, wish, executable);
}

/** Ends the folder's server, if one runs. Its ports stay recorded. */
export async function stopServer(folder: StateFolder, lock: FolderLock): Promise<void> {
  lock.assertHeld();
  const { running, kept, clusterId } = readRecord(folder);
  if (running) await endProcess(running, END_GRACE_MS);
  writeRecord(folder, { kept, clusterId });
}

function isOn(running: Ports, { port, uiPort }: WantedPorts): boolean {
  return (port ?? running.port) === running.port && (uiPort ?? running.uiPort) === running.uiPort;
}

async function answers(
  running: RunningServer,
  clusterId: string | undefined,
  hungMs = HUNG_MS
): Promise<boolean> {
  const deadline = Date.now() + hungMs;
  while (isAlive(running) && Date.now() < deadline) {
    const answer = await probe(running.port, Math.min(hungMs, PROBE_TIMEOUT_MS));
    if (answer !== undefined && (clusterId === undefined || answer === clusterId)) return true;
    await sleep(POLL_MS);
  }
  return false;
}

/**
 * Two servers on one database break both. So before one starts, any other is ended: the recorded one, and one whose
 * parent was killed after starting it and before recording it.
 */
async function endServers(
  folder: StateFolder,
  recorded: RunningServer | undefined,
  graceMs: number
): Promise<void> {
  if (recorded) await endProcess(recorded, graceMs);
  for (const stray of findByFlag(DATABASE_FLAG, folder.databasePath)) {
    await endProcess(stray, END_GRACE_MS);
  }
}

async function start(
  folder: StateFolder,
  lock: FolderLock,
  wish: ServerWish,
  executable: string
): Promise<RunningServer> {
  for (let starts = 1; ; starts += 1) {
    const { kept, clusterId: known } = readRecord(folder);
    const ports = await choosePorts(kept, wish.ports);
    // Requested ports are for this use only; the folder keeps those that were chosen.
    const isChosen = wish.ports.port === undefined && wish.ports.uiPort === undefined;
    const record = { kept: isChosen ? ports : kept, clusterId: known };
    lock.assertHeld();
    const running = { ...ports, ...(await spawnServer(executable, folder, ports)) };
    writeRecord(folder, { ...record, running });
    try {
      const clusterId = await waitUntilReady(running, folder, known);
      writeRecord(folder, { ...record, running, clusterId });
      return running;
    } catch (error) {
      const ended = !isAlive(running);
      await endProcess(running, END_GRACE_MS);
      writeRecord(folder, record);
      if (!ended || starts === STARTS_MAX) throw error;
    }
  }
}

/** The ports asked for; else the folder's own, while they are free; else new ones. */
async function choosePorts(before: Ports | undefined, wanted: WantedPorts): Promise<Ports> {
  for (const port of [wanted.port, wanted.uiPort]) {
    if (port !== undefined && !(await isFreeSoon(port))) {
      throw new Error(`Port ${port} is taken by another program.`);
    }
  }
  const port = await freePort(wanted.port, before?.port);
  const uiPort = await freePort(wanted.uiPort, before?.uiPort, port);
  return { port, uiPort };
}

async function freePort(
  wanted: number | undefined,
  before: number | undefined,
  except?: number
): Promise<number> {
  if (wanted !== undefined) return wanted;
  if (before !== undefined && before !== except && (await isFreeSoon(before))) return before;
  return await pickPort(except);
}

/** A killed server's port stays taken until the last of its threads has ended. */
async function isFreeSoon(port: number): Promise<boolean> {
  const deadline = Date.now() + PORT_GRACE_MS;
  while (!(await isPortFree(port))) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
