/**
 * Writes the chunks of one round: bodies, members and records, in one sequential read of the input. Round 1 and every
 * retry round are built here.
 *
 * @module
 */
import { failure } from '../../src/contract/failures';
import { LINE_BYTES_MAX } from '../../src/contract/limits';
import type { ChunkName } from '../../src/contract/names';
import type { StoreReference } from '../../src/contract/public';
import { BODY, createChunkCutter, ELEMENT, type ChunkLimits } from '../../src/core/plan/chunks';
import { overlayParams, type ParamsDefaults } from '../../src/core/plan/params-overlay';
import { generatedId, sliceRequest, toRequestText } from '../../src/core/plan/requests';
import { toWireId, wireIdPrefix } from '../../src/core/plan/wire-id';
import { chunkFiles } from '../../src/records/job-files';
import type { ChunkRecord } from '../../src/records/plan-records';
import { toRecordText } from '../../src/records/record-text';
import { readLines } from '../../src/store/lines';
import type { Store } from '../../src/store/store';
import { createWriter, type StoreWriter } from '../../src/store/writer';

/** The requests of a round. */
export interface Selection {
  /** Position of the n-th request, ascending; undefined after the last one. */
  position(index: number): number | undefined;
  /** Number of this submission of the n-th request, from 1. */
  attempt(index: number): number;
}

/** Round 1: every request, for the first time. */
export const EVERY_REQUEST: Selection = { position: (index) => index, attempt: () => 1 };

export interface BuildRoundInput {
  readonly store: Store;
  readonly jobId: string;
  readonly jobTag: string;
  readonly round: number;
  /** Verified while it is read. */
  readonly requests: StoreReference;
  readonly defaults: ParamsDefaults | null;
  readonly limits: ChunkLimits;
  readonly selection: Selection;
  /** Takes the ids of all requests, a JSON string a line; null in retry rounds. The caller ends or aborts it. */
  readonly ids: StoreWriter | null;
  readonly onProgress: (requests: number) => void;
}

export interface BuiltRound {
  readonly chunks: number;
  /** Requests in them. */
  readonly requests: number;
}

/**
 * Builds a round from an input that was checked before.
 *
 * The bytes depend on the arguments only: a second run after a crash writes the same objects. Memory is a few buffers,
 * whatever the size of the input.
 *
 * @throws ApplicationFailure `MessageBatch.StoreDamaged` when the input does not match its reference.
 */
export async function buildRound(input: BuildRoundInput): Promise<BuiltRound> {
  const { store, selection, ids } = input;
  const cutter = createChunkCutter(input.limits);
  let chunk: OpenChunk | null = null;
  let chunkNumber = -1;
  let position = 0;
  let index = 0;
  try {
    const source = store.readVerified(input.requests);
    for await (const lines of readLines(source, { lineBytesMax: LINE_BYTES_MAX })) {
      for (const line of lines) {
        const text = toRequestText(line.bytes, line.number);
        if (text === null) continue;
        const at = position++;
        if (selection.position(index) !== at) continue;
        const request = sliceRequest(text);
        const params = overlayParams(input.defaults, request.params);
        const place = cutter.place(params.reduce((sum, part) => sum + part.length, 0));
        if (place === null) throw outOfPlace();
        if (place !== chunkNumber) {
          await chunk?.end();
          chunk = openChunk(input, { round: input.round, chunk: place });
          chunkNumber = place;
        }
        chunk?.add(at, selection.attempt(index), params);
        ids?.push(request.customIdLiteral ?? JSON.stringify(generatedId(at)));
        ids?.push('\n');
        index++;
        if (chunk?.full || ids?.full) await Promise.all([chunk?.drain(), ids?.drain()]);
      }
      input.onProgress(index);
    }
    // The hash of the input is verified by now: the last chunk and the record of the round are written after that.
    await chunk?.end();
    return { chunks: cutter.chunks, requests: index };
  } catch (error) {
    await chunk?.abort();
    throw error;
  }
}

interface OpenChunk {
  add(position: number, attempt: number, params: readonly Buffer[]): void;
  readonly full: boolean;
  drain(): Promise<void>;
  /** Ends body and members, then writes the record. */
  end(): Promise<void>;
  abort(): Promise<void>;
}

function openChunk({ store, jobId, jobTag }: BuildRoundInput, name: ChunkName): OpenChunk {
  const files = chunkFiles(jobId, name);
  const prefix = wireIdPrefix({ jobTag, ...name });
  const body = createWriter(store, files.body);
  const members = createWriter(store, files.members);
  const writers: readonly StoreWriter[] = [body, members];
  let requests = 0;
  return {
    add: (position, attempt, params) => {
      const separator = requests === 0 ? BODY.open : ',';
      body.push(`${separator}${ELEMENT.open}${toWireId(prefix, position)}${ELEMENT.middle}`);
      for (const part of params) body.push(part);
      body.push(ELEMENT.close);
      members.push(`[${position},${attempt}]\n`);
      requests++;
    },
    get full() {
      return body.full || members.full;
    },
    drain: async () => {
      await Promise.all(writers.map((writer) => writer.drain()));
    },
    end: async () => {
      body.push(BODY.close);
      const record: ChunkRecord = {
        requests,
        body: await body.end(),
        members: await members.end(),
      };
      await store.write(files.chunk, toRecordText(record));
    },
    abort: async () => {
      await Promise.all(writers.map((writer) => writer.abort()));
    },
  };
}

function outOfPlace() {
  return failure(
    'MessageBatch.StoreDamaged',
    'A request of the input does not fit into any batch, although the input was checked before.'
  );
}
