import type { StoreReference } from '../contract/public';
import { createByteQueue } from './byte-queue';
import type { Store } from './store';

/** An object that is written piece by piece. */
export interface StoreWriter {
  /** Adds bytes. A small piece is copied; a large one is not, and must not change afterwards. Text must be ASCII. */
  push(bytes: Uint8Array | string): void;
  /** True when many bytes wait to be written: call `drain` before the next `push`. */
  readonly full: boolean;
  /** Waits until more bytes can be pushed. @throws the store's failure. */
  drain(): Promise<void>;
  /** Ends the object; when this resolves, the object exists. */
  end(): Promise<StoreReference>;
  /** Discards the object. Does nothing after `end`. */
  abort(): Promise<void>;
}

const SLAB_BYTES = 128 * 1024;
const COPY_BYTES_MAX = 32 * 1024;
const QUEUE_BYTES_MAX = 2 * 1024 * 1024;

/**
 * Turns the store's `write`, which pulls bytes, into a writer that takes them: so one pass over an input can write several
 * objects.
 */
export function createWriter(store: Pick<Store, 'write'>, key: string): StoreWriter {
  const queue = createByteQueue(QUEUE_BYTES_MAX);
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  let used = 0;
  const flushSlab = (): void => {
    if (used === 0) return;
    queue.push(slab.subarray(0, used));
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  };

  let settled = false;
  const writing = store.write(key, queue.source).finally(() => {
    settled = true;
    queue.abandon();
  });
  // `drain` and `end` throw the error; until one is called it must not be an unhandled rejection.
  writing.catch(() => undefined);

  return {
    get full() {
      return queue.full;
    },
    push: (bytes) => {
      if (bytes.length > COPY_BYTES_MAX) {
        flushSlab();
        queue.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
        return;
      }
      if (used + bytes.length > SLAB_BYTES) flushSlab();
      if (typeof bytes === 'string') slab.write(bytes, used, 'latin1');
      else slab.set(bytes, used);
      used += bytes.length;
    },
    drain: async () => {
      await queue.drained();
      if (settled) await writing;
    },
    end: async () => {
      flushSlab();
      queue.close();
      return writing;
    },
    abort: async () => {
      queue.close(new Error('The object was discarded.'));
      await writing.catch(() => undefined);
    },
  };
}
