/**
 * The results of one batch, downloaded as a stream into a file of this machine.
 *
 * @module
 */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../../src/contract/failures';
import { LINE_BYTES_MAX } from '../../src/contract/limits';
import type { DownloadEnd } from '../../src/core/collect/judge-reading';
import { LineTooLongError, readLines } from '../../src/store/lines';
import { transportCode } from '../api/http-failures';
import { addLine, type ResultsIndex } from './results-index';

export interface Download {
  readonly body: AsyncIterable<Uint8Array>;
  /** Called when no data arrives for `stallMs`; ends the body. */
  readonly onStall: () => void;
  readonly stallMs: number;
  /** Called for every piece; throws when the Activity is canceled. */
  readonly heartbeat: (details: { readonly lines: number; readonly bytes: number }) => void;
}

/**
 * Runs a function with an empty file in a temporary folder.
 *
 * The file loses its name before anything is written to it, so that nothing stays of a Worker that is killed.
 *
 * @throws ApplicationFailure `MessageBatch.StoreUnavailable` when the disk has no space for it.
 */
export async function withSpool<T>(run: (file: FileHandle) => Promise<T>): Promise<T> {
  const folder = await onDisk(() =>
    mkdtemp(join(tmpdir(), `message-batches-results-${process.pid}-`))
  );
  try {
    const file = await onDisk(() => open(join(folder, 'results'), 'wx+', 0o600));
    try {
      // Windows keeps the name of an open file: it is removed at the end then.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      return await run(file);
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Downloads into an emptied file: every line into the index, every result into the spool. */
export async function spoolResults(
  download: Download,
  file: FileHandle,
  index: ResultsIndex
): Promise<Exclude<DownloadEnd, 'no_results'>> {
  const state = { bytes: 0, broken: false };
  await onDisk(() => file.truncate(0));
  let at = 0;
  try {
    const source = watched(download, state);
    for await (const lines of readLines(source, { lineBytesMax: LINE_BYTES_MAX })) {
      const spans: Buffer[] = [];
      for (const line of lines) {
        const span = addLine(index, line);
        if (span !== null) spans.push(span);
      }
      // The lines share memory with the piece that they came in, so they are written before the next piece is read.
      const [first] = spans;
      const piece = spans.length === 1 && first !== undefined ? first : Buffer.concat(spans);
      at = await onDisk(() => writeAt(file, piece, at));
      download.heartbeat({ lines: index.lines, bytes: state.bytes });
    }
  } catch (error) {
    if (error instanceof LineTooLongError) return 'line_too_long';
    throw error;
  }
  return state.broken ? 'broken' : 'whole';
}

/** The body, without endless waiting. A broken connection ends it too: the data before that still counts. */
async function* watched(
  download: Download,
  state: { bytes: number; broken: boolean }
): AsyncGenerator<Uint8Array> {
  const iterator = download.body[Symbol.asyncIterator]();
  try {
    yield* pieces(iterator, download, state);
  } finally {
    // The reader stopped early: a line too long, a full disk, or a cancellation.
    await iterator.return?.().catch(() => undefined);
  }
}

async function* pieces(
  iterator: AsyncIterator<Uint8Array>,
  { onStall, stallMs }: Download,
  state: { bytes: number; broken: boolean }
): AsyncGenerator<Uint8Array> {
  for (;;) {
    const timer = setTimeout(onStall, stallMs);
    let next: IteratorResult<Uint8Array>;
    try {
      next = await iterator.next();
    } catch {
      // The error adds nothing, and may contain headers.
      state.broken = true;
      return;
    } finally {
      clearTimeout(timer);
    }
    if (next.done === true) return;
    state.bytes += next.value.length;
    yield next.value;
  }
}

/** @returns The offset after the bytes written. */
async function writeAt(file: FileHandle, piece: Buffer, start: number): Promise<number> {
  let done = 0;
  while (done < piece.length) {
    const { bytesWritten } = await file.write(piece, done, piece.length - done, start + done);
    done += bytesWritten;
  }
  return start + done;
}

async function onDisk<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw failure(
      'MessageBatch.StoreUnavailable',
      `The temporary folder ${tmpdir()} of this Worker cannot store the results (${transportCode(error) ?? 'unknown error'}).`
    );
  }
}
