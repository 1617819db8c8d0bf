/**
 * Goal: one server per state folder, whatever is killed when. Method: real processes, real kills.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import {
  findExecutable,
  loopbackConnection,
  openStateFolder,
  useDevServer,
} from '../../src/dev-server';
import { ensureServer, stopServer } from '../../src/dev-server/ensure-server';
import { withFolderLock } from '../../src/dev-server/folder-lock';
import { pickPort } from '../../src/dev-server/ports';
import { identify, isAlive } from '../../src/dev-server/process-identity';
import { spawnServer } from '../../src/dev-server/server-process';
import { assertNoServer, newStateDir, removeAll, serversOf, startUser } from './folders';

let stateDir: string;

beforeEach(() => {
  stateDir = newStateDir();
});

afterEach(() => {
  assertNoServer(stateDir);
});

afterAll(removeAll);

describe('useDevServer', () => {
  test('a killed command leaves the server to the next one, which stops it', async () => {
    const killed = await startUser(stateDir);
    await killed.kill();
    expect(serversOf(stateDir)).toHaveLength(1);
    const next = await useDevServer({ stateDir });
    expect(next.pid).toBe(killed.said.pid);
    await next.release();
  });

  test('a killed server comes back on its port, with its data', async () => {
    const messages: string[] = [];
    const server = await useDevServer({
      stateDir,
      searchAttributes: { JobStatus: 'Keyword' },
      onProgress: (message) => messages.push(message),
    });
    const connection = await Connection.connect(loopbackConnection(server.address));
    const client = new Client({ connection });
    const options = { taskQueue: 'nobody', searchAttributes: { JobStatus: ['running'] } };
    await client.workflow.start('any', { ...options, workflowId: 'a-job' });
    const { pid, address } = server;
    const other = await startUser(stateDir);
    expect(other.said.pid).toBe(pid);
    process.kill(pid, 'SIGKILL');
    await until(() => server.pid !== pid, 10_000);
    expect(server.address).toBe(address);
    const { status } = await untilDone(() => client.workflow.getHandle('a-job').describe());
    expect(status.name).toBe('RUNNING');
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 60 * 60);
    expect(messages).toEqual([
      'The Temporal server is gone: starting it again',
      'The Temporal server is back',
    ]);
    await connection.close();
    // Both users have seen it by now, and one of them has started it.
    await sleep(600);
    expect(serversOf(stateDir).map((found) => found.pid)).toEqual([server.pid]);
    await other.leave();
    await server.release();
  });

  test('a folder that is removed while in use takes its server along', async () => {
    const server = await useDevServer({ stateDir });
    await rm(stateDir, { recursive: true });
    await server.release();
    expect(identify(server.pid)).toBeUndefined();
  });
});

describe('ensureServer', () => {
  test('a server whose starter was killed before it was recorded is ended first', async () => {
    const folder = await openStateFolder(stateDir);
    const [port, uiPort] = [await pickPort(), await pickPort()];
    const stray = await spawnServer(await findExecutable('temporal-cli'), folder, { port, uiPort });
    const server = await useDevServer({ stateDir });
    expect(isAlive(stray)).toBe(false);
    expect(serversOf(stateDir).map(({ pid }) => pid)).toEqual([server.pid]);
    await server.release();
  });

  test('a server that does not answer is killed, and another one started', async () => {
    const left = await startUser(stateDir);
    await left.kill();
    process.kill(left.said.pid, 'SIGSTOP');
    const folder = await openStateFolder(stateDir);
    const executable = () => findExecutable('temporal-cli');
    await withFolderLock(folder, async (lock) => {
      const wish = { ports: {}, mayMove: false, executable, hungMs: 500 };
      const server = await ensureServer(folder, lock, wish);
      expect(server.pid).not.toBe(left.said.pid);
      expect(`127.0.0.1:${server.port}`).toBe(left.said.address);
      expect(serversOf(stateDir)).toHaveLength(1);
      await stopServer(folder, lock);
    });
  });
});

async function until(isSo: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('It did not happen in time.');
    await sleep(20);
  }
}

/** A client's connection takes a moment to find the server again. */
async function untilDone<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(100);
    }
  }
}
