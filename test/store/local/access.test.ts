/**
 * Goal: a store is private, or shared with the group of its root where the root's mode says so, whatever the umask.
 * Method: real folders; processes of other users, where this one may start them.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accessFor } from '../../../src/store/local/access';
import { openLocalStore } from '../../../src/store/local/local-store';
import { temporaryFolder } from '../../helpers/temporary-folder';

let root: string;

beforeEach(() => {
  root = join(temporaryFolder(), 'store');
});

test.each<[mode: number, isShared: boolean]>([
  [0o40700, false],
  [0o40770, false],
  [0o40777, false],
  [0o42700, false],
  [0o42750, false],
  [0o42770, true],
  [0o42775, true],
])('a root of mode %o is shared: %s', (mode, isShared) => {
  expect(accessFor(mode)).toEqual(
    isShared
      ? { isShared, folderMode: 0o2770, fileMode: 0o640 }
      : { isShared, folderMode: 0o700, fileMode: 0o600 }
  );
});

/** Modes of everything below the root. */
async function modes(): Promise<Record<string, string>> {
  const names = await readdir(root, { recursive: true });
  const entries = names.map(async (name) => {
    const { mode } = await stat(join(root, name));
    return [name, (mode & 0o7777).toString(8)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function writeBoth(): Promise<void> {
  const store = await openLocalStore(root);
  await store.write('jobs/a/b.json', '{}');
  await store.writeNew('jobs/a/c/d.json', '{}');
}

// A process with threads cannot change its umask, and a test file may run in one: each is set in a process of its own.
test.each([
  ['0000', '0770', '700', '600'],
  ['0077', '0770', '700', '600'],
  ['0000', '2770', '2770', '640'],
  ['0022', '2770', '2770', '640'],
  ['0077', '2770', '2770', '640'],
])('umask %s, a root of mode %s: folders %s, files %s', async (mask, mode, folders, files) => {
  await mkdir(root);
  await chmod(root, parseInt(mode, 8));
  await inProcess(
    `process.umask(0o${mask}); const store = await openLocalStore(root);
     await store.write('jobs/a/b.json', '{}'); await store.writeNew('jobs/a/c/d.json', '{}');`
  );
  expect(await modes()).toEqual({
    '.tmp': folders,
    jobs: folders,
    'jobs/a': folders,
    'jobs/a/b.json': files,
    'jobs/a/c': folders,
    'jobs/a/c/d.json': files,
  });
});

test('a root that does not exist is made private', async () => {
  await writeBoth();
  expect((await stat(root)).mode & 0o7777).toBe(0o700);
});

const GROUP = 54_321;
// Only root may start processes of other users.
const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip;

describeAsRoot('a shared store', () => {
  test('users of the group share a store; others read nothing', async () => {
    await chmod(join(root, '..'), 0o755);
    await chmod(join(root, '../..'), 0o755);
    await mkdir(root);
    await chown(root, 0, GROUP);
    await chmod(root, 0o2770);
    const client = { uid: 54_001, gid: GROUP };
    const worker = { uid: 54_002, gid: GROUP };
    const id = `console.log(await (await openLocalStore(root)).id());`;
    expect(await inProcess(id, client)).toBe(await inProcess(id, worker));
    await inProcess(
      `await (await openLocalStore(root)).write('jobs/j/job.json', '{"by":1}');`,
      client
    );
    const replace = `
    const store = await openLocalStore(root);
    const { by } = await store.readJson('jobs/j/job.json');
    await store.write('jobs/j/job.json', '{"by":2}');
    await store.write('jobs/j/rounds/2.json', '{}');
    console.log(by);`;
    expect(await inProcess(replace, worker)).toBe('1');
    const remove = `
    const store = await openLocalStore(root);
    console.log((await store.readJson('jobs/j/job.json')).by);
    await store.remove('jobs/j');
    console.log(await store.list('jobs'));`;
    expect(await inProcess(remove, client)).toBe('2\n[]');
    const stranger = { uid: 54_003, gid: 54_003 };
    await expect(inProcess(id, stranger)).rejects.toThrow('StoreUnavailable');
  });
});

/** Runs the body of an async function, with the sources, in a process of its own. */
async function inProcess(
  body: string,
  user: { readonly uid?: number; readonly gid?: number } = {}
): Promise<string> {
  const sources = join(__dirname, '../../../src/store/local/local-store.ts');
  const script = `
    require('@swc/core');
    const { readFileSync } = require('fs');
    require.extensions['.ts'] = (module, name) => module._compile(
      require('@swc/core').transformSync(readFileSync(name, 'utf8'), {
        filename: name, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' },
      }).code, name);
    const { openLocalStore } = require(${JSON.stringify(sources)});
    const root = ${JSON.stringify(root)};
    (async () => { ${body} })().catch((error) => { console.error(error.type, error.message); process.exit(1); });`;
  const options = { cwd: join(__dirname, '../../..'), ...user };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], options);
  return stdout.trim();
}
