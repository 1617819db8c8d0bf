/**
 * Goal: one server per state folder, shared by all. Method: real servers, users in processes of their own.
 */
import { once } from 'node:events';
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { openStateFolder, useDevServer } from '../../src/dev-server';
import { pickPort } from '../../src/dev-server/ports';
import { readRecord } from '../../src/dev-server/server-record';
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
  test('commands started at the same instant share one server, and the last one out stops it', async () => {
    const users = await Promise.all([1, 2, 3].map(() => startUser(stateDir)));
    const pids = new Set(users.map(({ said }) => said.pid));
    expect(pids.size).toBe(1);
    expect(serversOf(stateDir).map(({ pid }) => pid)).toEqual([...pids]);
    await users[0]?.leave();
    await users[1]?.leave();
    expect(serversOf(stateDir)).toHaveLength(1);
    await users[2]?.leave();
    expect(serversOf(stateDir)).toEqual([]);
    await expect(readdir(join(stateDir, 'users'))).resolves.toEqual([]);
  });

  test('uses of one process count one by one, and letting go twice is letting go once', async () => {
    const [first, second] = await Promise.all([
      useDevServer({ stateDir }),
      useDevServer({ stateDir }),
    ]);
    expect(first.address).toBe(second.address);
    await Promise.all([first.release(), first.release()]);
    expect(serversOf(stateDir)).toHaveLength(1);
    await second.release();
  });

  test('a port that another program took is changed for one that is kept', async () => {
    const before = await useDevServer({ stateDir });
    await before.release();
    const other = createServer().listen(Number(before.address.split(':')[1]), '127.0.0.1');
    await once(other, 'listening');
    const moved = await useDevServer({ stateDir });
    await moved.release();
    other.close();
    expect(moved.address).not.toBe(before.address);
    const { kept } = readRecord(await openStateFolder(stateDir));
    expect(`127.0.0.1:${kept?.port ?? 0}`).toBe(moved.address);
  });

  test('ports that are asked for are used, not kept, and must be free', async () => {
    const port = await pickPort();
    const left = await startUser(stateDir);
    await left.kill();
    const server = await useDevServer({ stateDir, port });
    expect(server.address).toBe(`127.0.0.1:${port}`);
    expect(serversOf(stateDir)).toHaveLength(1);
    const elsewhere = newStateDir();
    await expect(useDevServer({ stateDir: elsewhere, port })).rejects.toThrow(
      `Port ${port} is taken by another program.`
    );
    await server.release();
    const { kept } = readRecord(await openStateFolder(stateDir));
    expect(`127.0.0.1:${kept?.port ?? 0}`).toBe(left.said.address);
  });

  test("a start that fails quotes the server's own words", async () => {
    const { databasePath, usersPath } = await openStateFolder(stateDir);
    await writeFile(
      databasePath,
      'no database, and long enough to be told from an empty one'.repeat(50)
    );
    await expect(useDevServer({ stateDir })).rejects.toThrow(
      /could not be started.*server\.log:\n[^]*file is not a database/
    );
    await expect(readdir(usersPath)).resolves.toEqual([]);
  });
});

(process.platform === 'linux' ? describe : describe.skip)('the server', () => {
  test('listens on loopback only, its UI too', async () => {
    const server = await useDevServer({ stateDir });
    const listening = await listeningAddresses(server.pid);
    const ui = await fetch(server.uiUrl);
    await server.release();
    expect(listening).toContain(server.address);
    expect(listening).toContain(new URL(server.uiUrl).host);
    expect(listening.filter((address) => !address.startsWith('127.0.0.1:'))).toEqual([]);
    expect(ui.status).toBe(200);
  });
});

/** Where a process listens, from the kernel's tables. */
async function listeningAddresses(pid: number): Promise<string[]> {
  const sockets = new Set<string>();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    if (inode) sockets.add(inode);
  }
  const addresses: string[] = [];
  for (const table of ['tcp', 'tcp6']) {
    const lines = (await readFile(`/proc/net/${table}`, 'utf8')).trim().split('\n').slice(1);
    for (const line of lines) {
      const fields = line.trim().split(/\s+/);
      const [host = '', port = ''] = (fields[1] ?? '').split(':');
      // 0A: listening. An IPv4 address stands byte by byte in reverse.
      if (fields[3] !== '0A' || !sockets.has(fields[9] ?? '')) continue;
      const bytes = (host.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse();
      addresses.push(`${bytes.join('.')}:${Number.parseInt(port, 16)}`);
    }
  }
  return addresses;
}
