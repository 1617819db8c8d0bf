import { spawn } from 'node:child_process';
import { openStateFolder, type StateFolder } from '../../src/dev-server';
import { identify } from '../../src/dev-server/process-identity';
import type { RunningServer } from '../../src/dev-server/server-record';
import { watchServer } from '../../src/dev-server/server-watch';
import { temporaryFolder } from '../helpers/temporary-folder';

let folder: StateFolder;

beforeAll(async () => {
  folder = await openStateFolder(temporaryFolder());
});

/** Stands in for a server: a process that ends at once. */
function endingServer(): RunningServer {
  const { pid = 0 } = spawn(process.execPath, ['-e', '']);
  return { port: 1, uiPort: 2, ...(identify(pid) ?? { pid, startedAt: 'ended' }) };
}

describe('watchServer', () => {
  test('a server that cannot be started again is given up after a bounded number of tries', async () => {
    const restart = jest.fn(() => Promise.reject(new Error('Port 1 is taken by another program.')));
    const watch = watchServer(endingServer(), { folder, restart, backoffMs: [0, 10, 20] });
    expect((await watch.lost).message).toBe('Port 1 is taken by another program.');
    expect(restart).toHaveBeenCalledTimes(3);
    await watch.stop();
  });

  test('once stopped, it starts nothing', async () => {
    const restart = jest.fn(() => Promise.resolve(endingServer()));
    const watch = watchServer(endingServer(), { folder, restart });
    await watch.stop();
    expect(restart).not.toHaveBeenCalled();
  });
});
