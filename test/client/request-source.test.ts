/**
 * Goal: an application's requests are brought into a file whole or not at all, in bounded memory. Method: a temporary
 * folder on a small file system of its own; a list that counts how far it was read.
 */
import { execFileSync } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { toRequestFile, type BatchRequest } from '../../src/client/request-source';
import { copyToTemporary } from '../../src/client/temporary-file';
import { temporaryFolder } from '../helpers/temporary-folder';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
  setTemporaryFolder(folder);
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** As TMPDIR does; a test's `process.env` is a copy that the system does not see. */
function setTemporaryFolder(path: string): void {
  jest.spyOn(os, 'tmpdir').mockReturnValue(path);
}

/** A request of so many bytes, more or less. */
function request(bytes: number): BatchRequest {
  return { params: { messages: [{ role: 'user', content: 'x'.repeat(bytes) }] } };
}

async function bytesBelow(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true });
  const sizes = names.map(async (name) => {
    const stats = await stat(join(path, name));
    return stats.isFile() ? stats.size : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

describe('requests of any size', () => {
  test('are written as they come: what was read and is not yet written is small', async () => {
    const unwritten: number[] = [];
    async function* large(): AsyncGenerator<BatchRequest> {
      for (let read = 0; read < 20; read++) {
        unwritten.push(read * 1e6 - (await bytesBelow(folder)));
        yield request(1e6);
      }
    }
    const file = await toRequestFile(large());
    expect(file).toMatchObject({ lines: 20 });
    await file.release();
    expect(Math.max(...unwritten)).toBeLessThan(2.5e6);
    expect(await readdir(folder)).toEqual([]);
  });

  test('an error of their source is passed on as it is', async () => {
    const error = Object.assign(new Error('the database is away'), {
      code: 'EIO',
      syscall: 'read',
    });
    function* broken(): Generator<BatchRequest> {
      yield request(10);
      throw error;
    }
    await expect(toRequestFile(broken())).rejects.toBe(error);
    expect(await readdir(folder)).toEqual([]);
  });
});

/** A file system of 512 KB; undefined where this user may not mount one. */
function mountSmall(): string | undefined {
  const path = temporaryFolder();
  try {
    const options = ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path];
    execFileSync('mount', options, { stdio: 'ignore' });
    return path;
  } catch {
    return undefined;
  }
}

const disk = mountSmall();

afterAll(() => {
  if (disk === undefined) return;
  execFileSync('umount', ['-l', disk]);
});

// Where no file system may be mounted, these are skipped.
(disk === undefined ? describe.skip : describe)('a full temporary folder', () => {
  beforeEach(() => {
    setTemporaryFolder(disk ?? '');
  });

  test.each<[name: string, count: number, bytes: number]>([
    ['many small requests', 2_000, 1_000],
    ['a few requests, in what was one write', 100, 8_000],
    ['one large request', 1, 2_000_000],
  ])('loses none of %s without an error', async (_, count, bytes) => {
    const list = Array.from({ length: count }, () => request(bytes));
    await expect(toRequestFile(list)).rejects.toMatchObject({
      type: 'MessageBatch.StoreUnavailable',
      message: expect.stringMatching(/temporary folder .*ENOSPC.*TMPDIR/s) as unknown,
    });
    expect(await readdir(disk ?? '')).toEqual([]);
  });

  test('loses no byte of a pipe without an error', async () => {
    const pieces = Readable.from(Array.from({ length: 10 }, () => Buffer.alloc(100_000)));
    await expect(copyToTemporary('stdin.jsonl', pieces)).rejects.toMatchObject({
      type: 'MessageBatch.StoreUnavailable',
    });
    expect(await readdir(disk ?? '')).toEqual([]);
  });
});
