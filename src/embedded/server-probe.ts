/**
 * Asks a server over its port whether it works.
 *
 * @module
 */
import { connect } from 'node:net';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { LOOPBACK } from './ports';

export const NAMESPACE = 'default';

/** Days after which Temporal forgets an ended job of the embedded server. A dev server's own are 1. */
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

/** How to connect to a server on loopback. Otherwise a proxy that is set for the internet would be asked for it. */
export function loopbackConnection(address: string): ConnectionOptions {
  return { address, channelArgs: { 'grpc.enable_http_proxy': 0 } };
}

/**
 * Asks for the system's info and for the namespace.
 *
 * @returns The id of the server's database. Undefined when it does not answer in time, or not well.
 */
export async function probe(port: number, timeoutMs: number): Promise<string | undefined> {
  // gRPC waits a second after a refused connection; this way a server is found as soon as it listens.
  if (!(await accepts(port, timeoutMs))) return undefined;
  try {
    return await withConnection(port, timeoutMs, async ({ workflowService }) => {
      await workflowService.describeNamespace({ namespace: NAMESPACE });
      return (await workflowService.getClusterInfo({})).clusterId ?? undefined;
    });
  } catch {
    return undefined;
  }
}

/** Registers what search attributes are missing, and has the server remember ended jobs for longer. */
export async function prepareNamespace(
  port: number,
  searchAttributes: SearchAttributes,
  timeoutMs: number
): Promise<void> {
  await withConnection(port, timeoutMs, async ({ workflowService, operatorService }) => {
    const namespace = NAMESPACE;
    const { config } = await workflowService.describeNamespace({ namespace });
    if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) < RETENTION_SECONDS) {
      const workflowExecutionRetentionTtl = { seconds: RETENTION_SECONDS };
      await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
    }
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = Object.entries(searchAttributes).filter(([name]) => !(name in customAttributes));
    if (missing.length === 0) return;
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(
        missing.map(([name, type]) => [name, SEARCH_ATTRIBUTE_TYPES[type]])
      ),
    });
  });
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
    const end = (accepted: boolean): void => {
      socket.destroy();
      done(accepted);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
