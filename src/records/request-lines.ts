/**
 * Requests in any form that is taken, as the JSON Lines that the engine reads.
 *
 * JSON Lines pass byte for byte. The API's own body, a JSON array, and gzip of any form are converted as a stream: the
 * hash of an input, and with it a job's identity, is that of these lines.
 *
 * @module
 */
import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { failure } from '../contract/failures';
import { FORM_HEAD_BYTES, recognizeForm } from '../core/plan/input-form';
import { createListReader } from '../core/plan/request-list';

export interface RequestLines {
  /** False when the bytes are the input's own. */
  readonly isConverted: boolean;
  readonly bytes: AsyncIterable<Buffer>;
  /** Ends the reading where nobody reads `bytes`. */
  readonly close: () => Promise<void>;
}

/** gzip within gzip happens where a tool compresses what was compressed; deeper is an attack. */
const GZIP_LAYERS_MAX = 3;

/**
 * Recognizes an input by its first bytes.
 *
 * @throws ApplicationFailure `MessageBatch.BadRequests`, not retryable, that says in one sentence what the input is when
 * it holds no requests in a known form; `bytes` throws it when the input turns out to be broken.
 */
export async function openRequestLines(source: AsyncIterable<Uint8Array>): Promise<RequestLines> {
  let input = await peek(source);
  for (let layers = 0; ; layers++) {
    const form = recognizeForm(input.head);
    switch (form.kind) {
      case 'lines':
        return { ...input, isConverted: layers > 0 };
      case 'list': {
        const lines = await peek(toLines(input.bytes, form));
        await assertRequests(lines);
        return { ...lines, isConverted: true };
      }
      case 'gzip':
        if (layers === GZIP_LAYERS_MAX) {
          throw await refuse(input, 'The input is compressed with gzip again and again.');
        }
        input = await peek(unpack(input.bytes));
        break;
      case 'foreign':
        throw await refuse(input, form.sentence);
    }
  }
}

interface Peeked {
  readonly head: Buffer;
  /** All bytes, those of the head too. */
  readonly bytes: AsyncIterable<Buffer>;
  readonly close: () => Promise<void>;
}

async function peek(source: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  const pieces: Buffer[] = [];
  let length = 0;
  while (length < FORM_HEAD_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    pieces.push(toBuffer(next.value));
    length += next.value.length;
  }
  const close = async (): Promise<void> => {
    await iterator.return?.();
  };
  async function* all(): AsyncGenerator<Buffer> {
    try {
      yield* pieces.splice(0);
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield toBuffer(next.value);
      }
    } finally {
      await close();
    }
  }
  return { head: Buffer.concat(pieces).subarray(0, FORM_HEAD_BYTES), bytes: all(), close };
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function* toLines(
  source: AsyncIterable<Buffer>,
  { isBody, start }: { readonly isBody: boolean; readonly start: number }
): AsyncGenerator<Buffer> {
  const reader = createListReader(isBody, start);
  let skipped = 0;
  for await (const piece of source) {
    const skip = Math.min(piece.length, start - skipped);
    skipped += skip;
    const lines = reader.push(piece.subarray(skip));
    if (lines.length > 0) yield lines;
  }
  reader.end();
}

/** What a list holds may be as foreign as a file's lines; and no list is converted twice. */
async function assertRequests(lines: Peeked): Promise<void> {
  const form = recognizeForm(lines.head);
  if (form.kind === 'foreign') throw await refuse(lines, form.sentence);
  if (form.kind === 'list') {
    throw await refuse(lines, 'The input is a list of lists, and must be one list of requests.');
  }
}

async function* unpack(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  let packedBytes = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const piece of source) {
      packedBytes += piece.length;
      yield piece;
    }
  }
  // Its error is thrown by the reading below.
  const feeding = pipeline(counted, gunzip).catch(() => undefined);
  try {
    for await (const piece of gunzip) yield piece as Buffer;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw code.startsWith('Z_') ? damaged(packedBytes) : error;
  } finally {
    gunzip.destroy();
    await feeding;
  }
  if (gunzip.bytesWritten < packedBytes) throw damaged(gunzip.bytesWritten);
}

function damaged(offset: number): Error {
  return failure(
    'MessageBatch.BadRequests',
    `The input is gzip that is damaged or cut off, within its first ${offset} bytes. Nothing was submitted; copy or create the file again.`
  );
}

async function refuse({ close }: Peeked, sentence: string): Promise<Error> {
  await close();
  return failure('MessageBatch.BadRequests', sentence);
}
