import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openStateFolder } from '../../src/dev-server';
import { newStateDir, removeAll, root } from './folders';

let stateDir: string;

beforeEach(() => {
  stateDir = newStateDir();
});

afterAll(removeAll);

describe('openStateFolder', () => {
  test('creates a private folder that git ignores', async () => {
    const { path } = await openStateFolder(join(stateDir, 'deep'));
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    await expect(readFile(join(path, '.gitignore'), 'utf8')).resolves.toBe('*\n');
  });

  test('refuses a folder with other content, and leaves it as it is', async () => {
    await openStateFolder(stateDir);
    await expect(openStateFolder(root)).rejects.toThrow(
      `The folder ${root} holds other files: choose another state folder (--state).`
    );
    expect(existsSync(join(root, '.gitignore'))).toBe(false);
  });

  test("takes over a folder that holds the default store's objects only", async () => {
    await mkdir(join(stateDir, 'store'), { recursive: true });
    await expect(openStateFolder(stateDir)).resolves.toMatchObject({ path: stateDir });
  });
});
