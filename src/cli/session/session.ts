/**
 * What a command that talks to a job uses: a client, the store, and a Worker while it lasts.
 */
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { ActivityDeps } from '../../../activities/worker/deps';
import { MessageBatches } from '../../client/message-batches';
import { SEARCH_ATTRIBUTES } from '../../contract/names';
import { loopbackConnection, useDevServer } from '../../dev-server';
import { openStateFolder } from '../../dev-server/state-folder';
import { openStore } from '../../store/open-store';
import type { Store } from '../../store/store';
import { commandError, toSentence } from '../text/errors';
import type { EngineWorker } from './engine-worker';
import type { Target } from '../flags/target';

/** What the command's own Worker does. */
export type WorkerKind =
  /** Everything, the calls to the API included. */
  | 'full'
  /** Workflows alone: answers Queries, takes Signals. */
  | 'workflows'
  | 'none';

export interface SessionOptions {
  readonly worker: WorkerKind;
  /** How long running Activities may take after the command is done. Defaults to 1 second. */
  readonly graceMs?: number;
  /** Ports of the dev server; free ones by default. */
  readonly ports?: { readonly port?: number; readonly uiPort?: number };
  /** True: Temporal's warnings go to standard error, not to the state folder. */
  readonly logsToStderr?: boolean;
  readonly chunkLimits?: ActivityDeps['chunkLimits'];
  /** Called with what takes long at the start. */
  readonly onNote?: (text: string) => void;
}

export interface Session {
  readonly target: Target;
  readonly client: Client;
  readonly jobs: MessageBatches;
  readonly store: Store;
  /** `host:port` of Temporal. */
  readonly address: string;
  /** The UI of the dev server; null for another Temporal. */
  readonly uiUrl: string | null;
  /** Rejects when the Worker ends without `close`, or the dev server is lost. */
  readonly broken: Promise<never>;
  /** A job's page in Temporal's UI; null if the UI's address is not known. */
  jobUrl(jobId: string): string | null;
  /** Ends the Worker in order, then releases the server. Safe to call twice. */
  close(): Promise<void>;
}

const GRACE_MS_DEFAULT = 1_000;

/**
 * Connects to Temporal, starting the dev server if none is configured, and starts the Worker.
 *
 * @throws CommandError when Temporal does not answer.
 */
export async function openSession(target: Target, options: SessionOptions): Promise<Session> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  try {
    return await open(target, options, closers, once(close));
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  target: Target,
  options: SessionOptions,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>
): Promise<Session> {
  await openStateFolder(target.stateDir);
  const place = await openTemporal(target, options);
  closers.push(place.release);
  const store = await openStore(target.store);
  // Never closed: a call that is being retried at that moment would end the process. The end of the process closes it.
  const connection = await connect(place);
  const client = new Client({ connection, namespace: place.namespace });
  const worker = await openWorker(target, options, place, store);
  if (worker !== null) closers.push(worker.stop);
  return {
    target,
    client,
    jobs: new MessageBatches({ client, store, taskQueue: target.taskQueue }),
    store,
    address: place.address,
    uiUrl: place.uiUrl,
    broken: firstToBreak(worker, place),
    jobUrl: (jobId) =>
      place.uiUrl === null
        ? null
        : `${place.uiUrl}/namespaces/${place.namespace}/workflows/${encodeURIComponent(jobId)}`,
    close,
  };
}

interface OpenTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly connection: NonNullable<Target['temporal']>['connection'];
  readonly uiUrl: string | null;
  /** Resolves when the server died and could not be started again. */
  readonly lost: Promise<Error>;
  readonly release: () => Promise<void>;
}

async function openTemporal(
  { temporal, stateDir }: Target,
  { ports, onNote }: SessionOptions
): Promise<OpenTemporal> {
  if (temporal !== null) {
    return { ...temporal, uiUrl: null, lost: never(), release: () => Promise.resolve() };
  }
  const server = await useDevServer({
    stateDir,
    searchAttributes: SEARCH_ATTRIBUTES,
    ...ports,
    ...(onNote === undefined ? {} : { onProgress: onNote }),
  });
  return {
    address: server.address,
    namespace: server.namespace,
    connection: { address: server.address },
    uiUrl: server.uiUrl,
    lost: server.lost,
    release: () => server.release(),
  };
}

function firstToBreak(worker: EngineWorker | null, { lost }: OpenTemporal): Promise<never> {
  const broken = Promise.race([
    worker?.broken ?? never(),
    lost.then((error) => Promise.reject(error)),
  ]);
  // Callers may ignore this promise; this avoids an unhandled rejection.
  broken.catch(() => undefined);
  return broken;
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

async function connect({ address, connection, uiUrl }: OpenTemporal): Promise<Connection> {
  try {
    const { tls, apiKey, metadata } = connection;
    if (uiUrl !== null) return await Connection.connect(loopbackConnection(address));
    return await Connection.connect({
      address,
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata: toTextMetadata(metadata) }),
    });
  } catch (error) {
    const source =
      uiUrl === null
        ? ' The address comes from TEMPORAL_ADDRESS or a Temporal profile; without either, a command starts a dev server.'
        : '';
    throw commandError(`Temporal at ${address} does not answer: ${toSentence(error)}${source}`);
  }
}

function toTextMetadata(metadata: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, String(value)]));
}

async function openWorker(
  target: Target,
  { worker, graceMs = GRACE_MS_DEFAULT, logsToStderr, chunkLimits }: SessionOptions,
  { connection, namespace }: OpenTemporal,
  store: Store
): Promise<EngineWorker | null> {
  if (worker === 'none') return null;
  // Loaded late: a command without a Worker is quick.
  const { startEngineWorker } = await import('./engine-worker.js');
  const { installWorkerLog } = await import('./worker-log.js');
  installWorkerLog(logsToStderr === true ? null : join(target.stateDir, 'logs', 'worker.log'));
  return startEngineWorker({
    connection,
    namespace,
    taskQueue: target.taskQueue,
    store,
    hasActivities: worker === 'full',
    graceMs,
    ...(chunkLimits === undefined ? {} : { chunkLimits }),
  });
}

function once(run: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= run());
}
