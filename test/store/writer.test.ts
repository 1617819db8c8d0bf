import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openLocalStore } from '../../src/store/local/local-store';
import type { Store } from '../../src/store/store';
import { createWriter } from '../../src/store/writer';
import { temporaryFolder } from '../helpers/temporary-folder';

let root: string;
let store: Store;

beforeEach(async () => {
  root = temporaryFolder();
  store = await openLocalStore(root);
});

describe('createWriter', () => {
  test('writes small and large pieces in their order', async () => {
    const writer = createWriter(store, 'key');
    const expected: Buffer[] = [];
    for (let index = 0; index < 2000; index++) {
      const piece = index % 50 === 0 ? Buffer.alloc(40_000, index) : `[${index},1]\n`;
      writer.push(piece);
      expected.push(Buffer.from(piece));
      if (writer.full) await writer.drain();
    }
    const { bytes } = await writer.end();
    const read: Buffer[] = [];
    for await (const piece of store.read('key') as AsyncIterable<Buffer>) read.push(piece);
    expect(bytes).toBe(Buffer.concat(expected).length);
    expect(Buffer.concat(read).equals(Buffer.concat(expected))).toBe(true);
  });

  test('writes an object without bytes', async () => {
    expect(await createWriter(store, 'empty').end()).toMatchObject({ bytes: 0, lines: 0 });
    expect(await store.size('empty')).toBe(0);
  });

  test('is full until it has drained', async () => {
    const writer = createWriter(store, 'key');
    while (!writer.full) writer.push(Buffer.alloc(1 << 20));
    await writer.drain();
    expect(writer.full).toBe(false);
    await writer.end();
  });

  test('leaves nothing of an object that is given up', async () => {
    const writer = createWriter(store, 'key');
    writer.push(Buffer.alloc(1 << 20));
    await writer.abort();
    await writer.abort();
    expect(await store.size('key')).toBeUndefined();
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('keeps an object that has ended', async () => {
    const writer = createWriter(store, 'key');
    writer.push('x');
    await writer.end();
    await writer.abort();
    expect(await store.size('key')).toBe(1);
  });

  test('`drain` and `end` learn that the store failed', async () => {
    const refusing = {
      write: async (_key: string, source: AsyncIterable<Uint8Array> | Uint8Array | string) => {
        for await (const piece of source as AsyncIterable<Uint8Array>) {
          if (piece.length > 0) throw new Error('the disk is full');
        }
        throw new Error('nothing came');
      },
    };
    const writer = createWriter(refusing, 'key');
    writer.push(Buffer.alloc(8 << 20));
    await expect(writer.drain()).rejects.toThrow('the disk is full');
    expect(writer.full).toBe(true);
    await expect(writer.end()).rejects.toThrow('the disk is full');
    await writer.abort();
  });
});
