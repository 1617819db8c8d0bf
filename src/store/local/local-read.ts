import { open } from 'node:fs/promises';
import type { ByteRange } from '../store';
import { toStoreFailure } from './file-errors';

const READ_BYTES = 256 * 1024;

/**
 * Reads a file piece by piece, each in a new buffer that the reader may keep.
 *
 * @param key - How messages name the file.
 * @throws ApplicationFailure `MessageBatch.BadReference` when it does not exist, `MessageBatch.StoreUnavailable` when it
 *   cannot be read.
 */
export async function* readFilePieces(
  path: string,
  key: string,
  { start, end }: ByteRange = { start: 0 }
): AsyncGenerator<Buffer, void, undefined> {
  try {
    const file = await open(path, 'r');
    try {
      let position = start;
      while (end === undefined || position < end) {
        const wanted = end === undefined ? READ_BYTES : Math.min(READ_BYTES, end - position);
        const buffer = Buffer.allocUnsafeSlow(wanted);
        const { bytesRead } = await file.read(buffer, 0, wanted, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        yield bytesRead === wanted ? buffer : buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw toStoreFailure(error, 'read', key);
  }
}
