/**
 * The local store on real folders: what a crash, a second process and a hostile reference can and can't do to it.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  realpath,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { findMessageBatchFailure } from '../../../src/contract/failures';
import { openLocalStore } from '../../../src/store/local/local-store';
import { openStore } from '../../../src/store/open-store';
import type { Store } from '../../../src/store/store';
import { temporaryFolder } from '../../helpers/temporary-folder';

let folder: string;
let root: string;
let store: Store;

beforeEach(async () => {
  folder = temporaryFolder();
  root = join(folder, 'root');
  store = await openLocalStore(root);
});

async function failureType(promise: Promise<unknown>): Promise<string | undefined> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason
  );
  return findMessageBatchFailure(error)?.type;
}

async function readText(key: string, range?: { start: number; end?: number }): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of store.read(key, range) as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from('half');
  await Promise.resolve();
  throw new Error('the source broke');
}

describe('openLocalStore', () => {
  test('makes a private root', async () => {
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    expect(store.uri).toBe(pathToFileURL(root).href);
  });

  test('takes a root that exists, through a symbolic link too', async () => {
    await store.write('a', 'x');
    await symlink(root, join(folder, 'link'));
    const again = await openLocalStore(join(folder, 'link'));
    expect(again.uri).toBe(store.uri);
    expect(await again.id()).toBe(await store.id());
  });

  test('sweeps temporary files older than a day and leaves younger ones', async () => {
    const old = join(root, '.tmp', 'old');
    await writeFile(old, 'x');
    await writeFile(join(root, '.tmp', 'young'), 'x');
    const yesterday = Date.now() / 1000 - 25 * 3600;
    await utimes(old, yesterday, yesterday);
    await openLocalStore(root);
    expect(await readdir(join(root, '.tmp'))).toEqual(['young']);
  });

  test('a root that is a file is unavailable', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await failureType(openLocalStore(join(folder, 'file')))).toBe(
      'MessageBatch.StoreUnavailable'
    );
  });
});

describe('id', () => {
  test('is made once and stays', async () => {
    const id = await store.id();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await (await openLocalStore(root)).id()).toBe(id);
  });

  test('many that open the store at once get the same id', async () => {
    const stores = await Promise.all(Array.from({ length: 20 }, () => openLocalStore(root)));
    const ids = await Promise.all(stores.map((each) => each.id()));
    expect(new Set(ids).size).toBe(1);
  });

  test('several processes at once get the same id', async () => {
    // The same steps in plain JavaScript would test another program: each child compiles the store itself.
    const script = `
      require('@swc/core');
      const { readFileSync } = require('fs');
      require.extensions['.ts'] = (module, name) => module._compile(
        require('@swc/core').transformSync(readFileSync(name, 'utf8'), {
          filename: name, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' },
        }).code, name);
      require(${JSON.stringify(join(__dirname, '../../../src/store/local/local-store.ts'))})
        .openLocalStore(${JSON.stringify(join(folder, 'shared'))}).then((s) => s.id()).then(console.log);`;
    const run = promisify(execFile);
    const cwd = join(__dirname, '../../..');
    const outputs = await Promise.all(
      Array.from({ length: 3 }, () => run(process.execPath, ['-e', script], { cwd }))
    );
    const ids = new Set(outputs.map(({ stdout }) => stdout.trim()));
    expect(ids.size).toBe(1);
    expect([...ids][0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a damaged store.json is a failure, not a new id', async () => {
    await writeFile(join(root, 'store.json'), '{}');
    expect(await failureType(store.id())).toBe('MessageBatch.StoreDamaged');
  });
});

describe('write', () => {
  test.each([
    { name: 'text', source: 'a\nb\n', lines: 2 },
    { name: 'no last newline', source: 'a\nb', lines: 2 },
    { name: 'nothing', source: '', lines: 0 },
    { name: 'one newline', source: '\n', lines: 1 },
    { name: 'more than one buffer', source: `${'x'.repeat(1000)}\n`.repeat(1500), lines: 1500 },
  ])('counts and hashes: $name', async ({ source, lines }) => {
    const expected = {
      uri: pathToFileURL(join(root, 'deep/er/file')).href,
      bytes: source.length,
      lines,
      sha256: sha256(source),
    };
    expect(await store.write('deep/er/file', source)).toEqual(expected);
    expect(await store.write('deep/er/file', Buffer.from(source))).toEqual(expected);
    expect(
      await store.write('deep/er/file', pieces(...(source.match(/[^]{1,70000}/g) ?? [])))
    ).toEqual(expected);
    expect(await readText('deep/er/file')).toBe(source);
  });

  test('many small pieces become one object', async () => {
    const texts = Array.from({ length: 5000 }, (_, index) => `${index}\n`);
    const reference = await store.write('small', pieces(...texts));
    expect(reference.lines).toBe(5000);
    expect(await readText('small')).toBe(texts.join(''));
  });

  test('a source that fails leaves nothing', async () => {
    await expect(store.write('key', failing())).rejects.toThrow('the source broke');
    expect(await store.size('key')).toBeUndefined();
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('a source that fails leaves the object that stood before', async () => {
    await store.write('key', 'before');
    await expect(store.write('key', failing())).rejects.toThrow('the source broke');
    expect(await readText('key')).toBe('before');
  });

  test('asks its source for more only when the last piece is written', async () => {
    const aheadBytes: number[] = [];
    async function* source(): AsyncGenerator<Buffer> {
      for (let index = 0; index < 20; index++) {
        yield Buffer.alloc(1 << 20);
        const [name = ''] = await readdir(join(root, '.tmp'));
        const { size } = await stat(join(root, '.tmp', name));
        aheadBytes.push(((index + 1) << 20) - size);
      }
    }
    await store.write('large', source());
    expect(await store.size('large')).toBe(20 << 20);
    expect(Math.max(...aheadBytes)).toBe(0);
  });

  test.each(['', '/', '/etc/passwd', '../x', 'a/../b', 'a//b', 'a/', './a', 'a\0b', '.tmp/x'])(
    'refuses the key %j',
    async (key) => {
      expect(await failureType(store.write(key, ''))).toBe('MessageBatch.BadReference');
    }
  );

  test('says what is wrong when the file system refuses', async () => {
    await store.write('file', 'x');
    const error: unknown = await store.write('file/below', 'x').catch((reason: unknown) => reason);
    expect(findMessageBatchFailure(error)).toMatchObject({
      type: 'MessageBatch.StoreUnavailable',
      nonRetryable: false,
      message: expect.stringContaining('file/below') as string,
    });
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });
});

describe('writeNew', () => {
  test('writes once and leaves what stands', async () => {
    expect(await store.writeNew('a/b', 'first')).toBe(true);
    expect(await store.writeNew('a/b', 'second')).toBe(false);
    expect(await readText('a/b')).toBe('first');
  });

  test('of many at once exactly one wins, whole', async () => {
    const texts = Array.from({ length: 30 }, (_, index) => `${index}`.repeat(1000));
    const won = await Promise.all(texts.map((text) => store.writeNew('key', text)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await readText('key')).toBe(texts[won.indexOf(true)]);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });
});

describe('read', () => {
  test.each([
    { range: undefined, expected: '0123456789' },
    { range: { start: 3 }, expected: '3456789' },
    { range: { start: 3, end: 5 }, expected: '34' },
    { range: { start: 3, end: 3 }, expected: '' },
    { range: { start: 8, end: 100 }, expected: '89' },
    { range: { start: 100 }, expected: '' },
  ])('reads the range $range', async ({ range, expected }) => {
    await store.write('digits', '0123456789');
    expect(await readText('digits', range)).toBe(expected);
  });

  test('an object that is not there is a bad reference on the first read', async () => {
    expect(await failureType(readText('nothing'))).toBe('MessageBatch.BadReference');
    await store.write('a/b', '');
    expect(await failureType(readText('a'))).toBe('MessageBatch.BadReference');
    expect(await failureType(readText('a/b/c'))).toBe('MessageBatch.BadReference');
  });

  test('a stream that is dropped half-way closes its file', async () => {
    await store.write('large', Buffer.alloc(4 << 20));
    const files = async () => (await readdir('/proc/self/fd')).length;
    const before = await files();
    for (let round = 0; round < 10; round++) {
      for await (const piece of store.read('large')) {
        expect(piece).toBeDefined();
        break;
      }
    }
    await new Promise((wake) => setTimeout(wake, 50));
    expect(await files()).toBeLessThanOrEqual(before + 1);
  });

  test('readJson reads, and tells nothing from damage', async () => {
    await store.write('a.json', '{"a":[1]}');
    await store.write('b.json', '{"a":');
    expect(await store.readJson('a.json')).toEqual({ a: [1] });
    expect(await store.readJson('none.json')).toBeUndefined();
    expect(await failureType(store.readJson('b.json'))).toBe('MessageBatch.StoreDamaged');
  });

  test('without the rights it says so', async () => {
    await store.write('secret', 'x');
    await chmod(join(root, 'secret'), 0);
    // Root reads anything.
    const type = await failureType(readText('secret'));
    expect([undefined, 'MessageBatch.StoreUnavailable']).toContain(type);
  });
});

describe('list, size and remove', () => {
  test('lists every key below a folder, sorted', async () => {
    for (const key of ['b/2', 'b/10', 'b/c/d', 'a', 'bb/x']) await store.write(key, key);
    expect(await store.list('b')).toEqual(['b/10', 'b/2', 'b/c/d']);
    expect(await store.list('')).toEqual(['a', 'b/10', 'b/2', 'b/c/d', 'bb/x']);
    expect(await store.list('none')).toEqual([]);
    expect(await store.list('a')).toEqual([]);
  });

  test('removes an object, a folder, or nothing', async () => {
    for (const key of ['b/2', 'b/c/d', 'a']) await store.write(key, key);
    await store.remove('a');
    await store.remove('b');
    await store.remove('none');
    await store.remove('none/at/all');
    expect(await store.list('')).toEqual([]);
    expect(await failureType(store.remove(''))).toBe('MessageBatch.BadReference');
  });

  test('size is that of an object, not of a folder', async () => {
    await store.write('b/2', 'four');
    expect(await store.size('b/2')).toBe(4);
    expect(await store.size('b')).toBeUndefined();
    expect(await store.size('b/2/c')).toBeUndefined();
  });
});

describe('localCopy and readVerified', () => {
  test('give the file itself and its bytes', async () => {
    const reference = await store.write('body', 'the bytes');
    const copy = await store.localCopy(reference);
    expect(await realpath(copy.path)).toBe(join(root, 'body'));
    await copy.release();
    await copy.release();
    expect(await readFile(copy.path, 'utf8')).toBe('the bytes');
  });

  test.each([
    { name: 'a changed byte', text: 'the bytez' },
    { name: 'a shorter object', text: 'the byte' },
    { name: 'a longer object', text: 'the bytes!' },
    { name: 'an empty object', text: '' },
  ])('notice $name', async ({ text }) => {
    const reference = await store.write('body', 'the bytes');
    await writeFile(join(root, 'body'), text);
    const readOn = async () => {
      for await (const piece of store.readVerified(reference)) expect(piece).toBeDefined();
    };
    expect(await failureType(store.localCopy(reference))).toBe('MessageBatch.StoreDamaged');
    expect(await failureType(readOn())).toBe('MessageBatch.StoreDamaged');
  });

  test('notice that the object is gone', async () => {
    const reference = await store.write('body', 'the bytes');
    await store.remove('body');
    expect(await failureType(store.localCopy(reference))).toBe('MessageBatch.BadReference');
  });
});

describe('keyOf', () => {
  test.each([
    'plain',
    'jobs/a:b-c_d.e/requests.jsonl',
    'with space and %41 and # and ? and \\ and ü and 日本',
    'new\nline',
    'quote\'s "and" [brackets]',
  ])('turns the URI of %j back into the key', async (key) => {
    expect(await store.keyOf(store.uriOf(key))).toBe(key);
    await store.write(key, 'x');
    expect(await store.keyOf(store.uriOf(key))).toBe(key);
  });

  test('accepts a folder with a closing slash', async () => {
    expect(await store.keyOf(`${store.uri}/out/`)).toBe('out');
  });

  test('follows a symbolic link that stays inside', async () => {
    await store.write('real/file', 'x');
    await symlink(join(root, 'real'), join(root, 'alias'));
    expect(await store.keyOf(`${store.uri}/alias/file`)).toBe('real/file');
    expect(await store.keyOf(`${store.uri}/alias/new`)).toBe('real/new');
  });

  test('accepts the root under another name', async () => {
    await symlink(root, join(folder, 'link'));
    expect(await store.keyOf(`${pathToFileURL(join(folder, 'link')).href}/a/b`)).toBe('a/b');
  });

  test('refuses a link that leads outside, whether or not its end exists', async () => {
    await mkdir(join(folder, 'outside'));
    await symlink(join(folder, 'outside'), join(root, 'escape'));
    await symlink(join(folder, 'not-yet'), join(root, 'dangling'));
    await symlink(join(root, 'loop'), join(root, 'loop'));
    for (const path of [
      'escape',
      'escape/file',
      'escape/deep/file',
      'dangling',
      'dangling/x',
      'loop/x',
    ]) {
      expect(await failureType(store.keyOf(`${store.uri}/${path}`))).toBe(
        'MessageBatch.BadReference'
      );
    }
  });

  test.each([
    '/../outside',
    '/a/../../outside',
    '/%2e%2e/outside',
    '/.%2E/outside',
    '/a/./b',
    '/a%2fb',
    '/a\\b',
    '/a%00b',
    '/a\tb',
    '/a?b',
    '/a#b',
    '/%',
    '/%zz',
    '/%ff',
    '/.tmp/x',
    '',
    '/',
  ])('refuses the root with %j behind it', async (tail) => {
    expect(await failureType(store.keyOf(`${store.uri}${tail}`))).toBe('MessageBatch.BadReference');
  });

  test.each([
    'file:///etc/passwd',
    'file://host/etc/passwd',
    'file:relative',
    'file:/etc/passwd',
    '/etc/passwd',
    's3://bucket/key',
    'https://example.com/x',
    '',
  ])('refuses %j', async (uri) => {
    expect(await failureType(store.keyOf(uri))).toBe('MessageBatch.BadReference');
  });

  test('refuses a sibling whose name begins like the root', async () => {
    expect(await failureType(store.keyOf(`${store.uri}-sibling/x`))).toBe(
      'MessageBatch.BadReference'
    );
  });
});

describe('openStore', () => {
  test('opens a path and a file: URI as the same store', async () => {
    const path = join(folder, 'with space');
    const opened = await openStore(path);
    expect((await openStore(pathToFileURL(path).href)).uri).toBe(opened.uri);
    expect(await (await openStore(opened.uri)).id()).toBe(await opened.id());
  });

  test.each(['s3://bucket/prefix', 'gs://bucket', 'file://host/x', ''])(
    'refuses %j',
    async (uri) => {
      expect(await failureType(openStore(uri))).toBe('MessageBatch.BadOptions');
    }
  );
});
