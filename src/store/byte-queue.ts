/** A bounded queue of bytes between one writer and one reader. */
export interface ByteQueue {
  push(bytes: Uint8Array): void;
  /** True when the queue is over its bound: wait for `drained` before the next `push`. */
  readonly full: boolean;
  /** Waits until the queue is half empty, or its reader has stopped. */
  drained(): Promise<void>;
  /** Ends the source after the queued bytes, or fails it with an error. */
  close(error?: Error): void;
  /** Tells the writer that the reader has stopped. */
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
