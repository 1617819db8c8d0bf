import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStateFolder, type StateFolder } from '../../src/dev-server';
import { withFolderLock } from '../../src/dev-server/folder-lock';
import { killChildren, startChild } from './children';
import { temporaryFolder } from '../helpers/temporary-folder';

let folder: StateFolder;

beforeEach(async () => {
  folder = await openStateFolder(temporaryFolder());
});

afterEach(killChildren);

describe('withFolderLock', () => {
  test('lets one in at a time, also after the holder was killed, and after work that failed', async () => {
    const holder = await startChild('hold-lock.ts', folder.path);
    let inside = 0;
    const work = async (): Promise<number> => {
      inside += 1;
      const seen = inside;
      await sleep(30);
      inside -= 1;
      if (seen !== 1) throw new Error('Two at once.');
      return seen;
    };
    const failing = withFolderLock(folder, () => Promise.reject(new Error('no')));
    const waiting = [failing.catch(() => 0)];
    for (let index = 0; index < 8; index += 1) waiting.push(withFolderLock(folder, work));
    await sleep(300);
    expect(inside).toBe(0);
    await holder.kill();
    await expect(Promise.all(waiting)).resolves.toEqual([0, ...Array<number>(8).fill(1)]);
  });

  test('a holder whose lock was taken over is told before it does harm', async () => {
    await withFolderLock(folder, async (held) => {
      held.assertHeld();
      await rm(join(folder.path, 'lock'), { recursive: true });
      await withFolderLock(folder, (next) => {
        next.assertHeld();
        expect(() => {
          held.assertHeld();
        }).toThrow('another one took over');
        return Promise.resolve();
      });
    });
  });
});
