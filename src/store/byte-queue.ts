/** A bounded queue between someone who pushes bytes and someone who pulls them. */
export interface ByteQueue {
  push(bytes: Uint8Array): void;
  /** More waits than should; the next `push` should come after `drained`. */
  readonly full: boolean;
  /** Waits until half of the room is free again, or until nobody pulls any more. */
  drained(): Promise<void>;
  /** No more comes: the source ends, or fails with the error. */
  close(error?: Error): void;
  /** Nobody pulls any more. */
  abandon(): void;
  readonly source: AsyncIterable<Uint8Array>;
}

export function createByteQueue(bytesMax: number): ByteQueue {
  const queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let closed: { readonly error?: Error } | undefined;
  let abandoned = false;
  let wakeSource = (): void => undefined;
  let wakePusher = (): void => undefined;

  async function* source(): AsyncGenerator<Uint8Array> {
    while (true) {
      if (closed?.error) throw closed.error;
      const next = queue.shift();
      if (next !== undefined) {
        yield next;
        queuedBytes -= next.length;
        if (queuedBytes <= bytesMax / 2) wakePusher();
      } else if (closed) {
        return;
      } else {
        await new Promise<void>((wake) => (wakeSource = wake));
      }
    }
  }

  return {
    source: source(),
    get full() {
      return queuedBytes > bytesMax || abandoned;
    },
    push: (bytes) => {
      queue.push(bytes);
      queuedBytes += bytes.length;
      wakeSource();
    },
    drained: async () => {
      while (queuedBytes > bytesMax / 2 && !abandoned) {
        await new Promise<void>((wake) => (wakePusher = wake));
      }
    },
    close: (error) => {
      closed ??= error ? { error } : {};
      wakeSource();
    },
    abandon: () => {
      abandoned = true;
      wakePusher();
    },
  };
}
