import type { IncomingMessage } from 'node:http';
import { BODY_BYTES_MAX } from './limits';

/**
 * Reads a body to its end, so that the client is done writing before it is answered.
 *
 * What `onChunk` throws is thrown after the end: before it, it would close the connection instead of being told.
 */
export async function readBody(
  request: IncomingMessage,
  onChunk: (chunk: Buffer) => void
): Promise<void> {
  const failures: unknown[] = [];
  for await (const chunk of request) {
    if (failures.length > 0) continue;
    try {
      onChunk(chunk as Buffer);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

export interface SmallBody {
  write(chunk: Buffer): void;
  /** The whole body, or null where it was too large to keep. */
  whole(): Buffer | null;
}

export function createSmallBody(): SmallBody {
  const pieces: Buffer[] = [];
  let bytes = 0;
  return {
    write(chunk) {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) pieces.push(chunk);
    },
    whole: () => (bytes > BODY_BYTES_MAX ? null : Buffer.concat(pieces)),
  };
}
