/**
 * Asks a server over its port whether it works.
 *
 * @module
 */
import { connect } from 'node:net';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { LOOPBACK } from './ports';

export const NAMESPACE = 'default';

/** How long our dev server keeps an ended job. The default of a dev server is one day. */
const RETENTION_SECONDS = 30 * 24 * 60 * 60;

/** Numbers of `temporal.api.enums.v1.IndexedValueType`, under the names of the command line's flag. */
const SEARCH_ATTRIBUTE_TYPES = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
} as const;

export type SearchAttributes = Readonly<Record<string, keyof typeof SEARCH_ATTRIBUTE_TYPES>>;

/** How to connect to a server on loopback. By default gRPC would ask the proxy that is configured for the internet. */
export function loopbackConnection(address: string): ConnectionOptions {
  return { address, channelArgs: { 'grpc.enable_http_proxy': 0 } };
}

/**
 * Asks for the system's info and for the namespace.
 *
 * @returns The id of the server's database. Undefined when it does not answer in time, or answers with an error.
 */
export async function probe(port: number, timeoutMs: number): Promise<string | undefined> {
  // gRPC waits a second after a refused connection; this way a server is found as soon as it listens.
  if (!(await accepts(port, timeoutMs))) return undefined;
  try {
    return await withConnection(port, timeoutMs, async ({ workflowService }) => {
      await workflowService.describeNamespace({ namespace: NAMESPACE });
      return (await workflowService.getClusterInfo({})).clusterId;
    });
  } catch {
    return undefined;
  }
}

/**
 * Registers missing search attributes, and makes the server keep ended jobs longer.
 *
 * @throws Error when the search attributes can't be registered.
 */
export async function prepareNamespace(
  port: number,
  searchAttributes: SearchAttributes,
  timeoutMs: number
): Promise<void> {
  await withConnection(port, timeoutMs, async (connection) => {
    // Best effort: jobs run without it, and their results are in the store.
    await extendRetention(connection).catch(() => undefined);
    await addSearchAttributes(connection, searchAttributes);
  });
}

async function extendRetention({ workflowService }: Connection): Promise<void> {
  const namespace = NAMESPACE;
  const { config } = await workflowService.describeNamespace({ namespace });
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  if (seconds >= RETENTION_SECONDS) return;
  const workflowExecutionRetentionTtl = msToTs(RETENTION_SECONDS * 1000);
  await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
}

async function addSearchAttributes(
  { operatorService }: Connection,
  wanted: SearchAttributes
): Promise<void> {
  if (Object.keys(wanted).length === 0) return;
  const namespace = NAMESPACE;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(wanted).filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(
    missing.map(([name, type]) => [name, SEARCH_ATTRIBUTE_TYPES[type]])
  );
  await operatorService.addSearchAttributes({ namespace, searchAttributes });
}

async function withConnection<T>(
  port: number,
  timeoutMs: number,
  work: (connection: Connection) => Promise<T>
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  const connection = await Connection.connect({
    ...loopbackConnection(`${LOOPBACK}:${port}`),
    connectTimeout: timeoutMs,
  });
  try {
    return await connection.withDeadline(deadline, () => work(connection));
  } finally {
    await connection.close();
  }
}

function accepts(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: LOOPBACK, timeout: timeoutMs });
    const end = (accepted: boolean) => (): void => {
      socket.destroy();
      done(accepted);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
