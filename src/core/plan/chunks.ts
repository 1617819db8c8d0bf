/**
 * Where a round is cut into chunks, and the fixed parts of a chunk's body.
 *
 * @module
 */
import { BATCH_REQUESTS_MAX, CHUNK_BYTES_MAX, WIRE_ID_LENGTH_MAX } from '../../contract/limits';

/** What one chunk may hold. */
export interface ChunkLimits {
  readonly requestsMax: number;
  /** Bytes of the body that is sent to the API. */
  readonly bytesMax: number;
}

export const CHUNK_LIMITS_DEFAULT: ChunkLimits = {
  requestsMax: BATCH_REQUESTS_MAX,
  bytesMax: CHUNK_BYTES_MAX,
};

/** A body is these, with elements joined by commas in between. */
export const BODY = { open: '{"requests":[', close: ']}' } as const;

/** An element is these, with the wire id and the params in between. */
export const ELEMENT = { open: '{"custom_id":"', middle: '","params":', close: '}' } as const;

const BODY_FIXED_BYTES = BODY.open.length + BODY.close.length;
// Counted with the longest id and a comma: what fits once fits in every round, whatever the numbers in its id.
const ELEMENT_FIXED_BYTES =
  ELEMENT.open.length + WIRE_ID_LENGTH_MAX + ELEMENT.middle.length + ELEMENT.close.length + 1;

export interface ChunkCutter {
  /**
   * Places the next request.
   *
   * @param paramsBytes - Length of its `params` as they are sent.
   * @returns Its chunk from 0, the same as before or the next one; null when no chunk can hold it.
   */
  place(paramsBytes: number): number | null;
  /** Chunks so far. */
  readonly chunks: number;
}

/**
 * Cuts a sequence of requests into chunks.
 *
 * Order is kept. A chunk closes at whichever limit it meets first.
 */
export function createChunkCutter({ requestsMax, bytesMax }: ChunkLimits): ChunkCutter {
  let chunk = -1;
  let requests = 0;
  let bytes = 0;
  return {
    get chunks() {
      return chunk + 1;
    },
    place: (paramsBytes) => {
      const elementBytes = ELEMENT_FIXED_BYTES + paramsBytes;
      if (BODY_FIXED_BYTES + elementBytes > bytesMax) return null;
      if (chunk < 0 || requests >= requestsMax || bytes + elementBytes > bytesMax) {
        chunk++;
        requests = 0;
        bytes = BODY_FIXED_BYTES;
      }
      requests++;
      bytes += elementBytes;
      return chunk;
    },
  };
}
