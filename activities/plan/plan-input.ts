/**
 * Turns the Workflow's input, which any client can send, into keys of the store and the options in force.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { PlanInput } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import { CHUNK_BYTES_MAX } from '../../src/contract/limits';
import type { ResolvedOptions } from '../../src/contract/options';
import type { StoreReference } from '../../src/contract/public';
import { assertJobId } from '../../src/core/plan/job-id';
import { parseJobInput, type ParsedJobInput } from '../../src/core/plan/job-input';
import { prepareDefaults, type ParamsDefaults } from '../../src/core/plan/params-overlay';
import { parseDefaults } from '../../src/core/plan/requests';
import { jobFiles } from '../../src/records/job-files';
import { readOwnReport } from '../../src/records/own-report';
import type { Store } from '../../src/store/store';
import { assertStoreKind } from '../worker/right-worker';

/** The defaults for `params`: an object in the store, or their text. */
export interface ParamsSource {
  /** Key of the object that contains them, or will contain them. */
  readonly key: string;
  /** Set when the Workflow's input itself contains them. */
  readonly text: string | null;
}

/** A job as the Workflow's input describes it. */
export interface JobRequest {
  readonly jobId: string;
  readonly canceling: boolean;
  readonly requestsKey: string;
  readonly outputKey: string;
  readonly params: ParamsSource | null;
  readonly options: ResolvedOptions;
}

/**
 * Checks the id, input, options and URIs of a job.
 *
 * @throws ApplicationFailure `MessageBatch.BadOptions` or `MessageBatch.BadReference`, not retryable;
 * `MessageBatch.WrongWorker` when the URIs are those of another kind of store than this Worker's.
 */
export async function resolveRequest(
  store: Store,
  { jobId, input, canceling }: PlanInput
): Promise<JobRequest> {
  assertJobId(jobId);
  const { requestsUri, outputUri, params, options } = parse(input);
  assertStoreKind(store, [
    requestsUri,
    ...(outputUri === null ? [] : [outputUri]),
    ...(params.kind === 'reference' ? [params.uri] : []),
  ]);
  const files = jobFiles(jobId);
  return {
    jobId,
    canceling,
    options,
    requestsKey: await store.keyOf(requestsUri),
    outputKey:
      outputUri === null ? files.folder : await outputKeyOf(store, files.folder, outputUri),
    params:
      params.kind === 'none'
        ? null
        : params.kind === 'inline'
          ? { key: files.params, text: JSON.stringify(params.value) }
          : { key: await store.keyOf(params.uri), text: null },
  };
}

function parse(input: unknown): ParsedJobInput {
  try {
    return parseJobInput(input);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw failure('MessageBatch.BadOptions', error.message);
  }
}

async function outputKeyOf(store: Store, ownFolder: string, uri: string): Promise<string> {
  const key = await store.keyOf(uri);
  if (key === ownFolder || (key !== 'jobs' && !key.startsWith('jobs/'))) return key;
  throw failure(
    'MessageBatch.BadOptions',
    "Expected `output` to be a folder outside `jobs/` in the store, or this job's own folder there."
  );
}

/** Defaults for `params`, ready to be overlaid by each request's own. */
export interface LoadedParams {
  readonly reference: StoreReference;
  readonly defaults: ParamsDefaults | null;
}

/**
 * Reads defaults for `params`.
 *
 * @throws ApplicationFailure `MessageBatch.BadOptions` when they are not one JSON object.
 */
export async function loadParams(store: Store, source: ParamsSource): Promise<LoadedParams> {
  const bytes = source.text === null ? await readAll(store, source.key) : Buffer.from(source.text);
  const parsed = parseDefaults(bytes);
  if (typeof parsed === 'string') {
    throw failure(
      'MessageBatch.BadOptions',
      `Expected \`params\` to be one JSON object: ${parsed}.`
    );
  }
  const reference = {
    uri: store.uriOf(source.key),
    bytes: bytes.length,
    lines: bytes.toString('latin1').split('\n').length - (bytes.at(-1) === 0x0a ? 1 : 0),
    sha256: sha256(bytes),
  };
  return { reference, defaults: prepareDefaults(bytes) };
}

async function readAll(store: Store, key: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of store.read(key) as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > CHUNK_BYTES_MAX) {
      throw failure('MessageBatch.BadOptions', '`params` is larger than a whole batch may be.');
    }
  }
  return Buffer.concat(pieces);
}

/**
 * Checks that an output folder contains no report. A forgotten job of the same id may have left one there: it is not the
 * report of this job.
 *
 * @throws ApplicationFailure `MessageBatch.BadOptions` when there is a report.
 */
export async function assertNoReport(
  store: Store,
  { jobId, outputKey }: Pick<JobRequest, 'jobId' | 'outputKey'>
): Promise<void> {
  if ((await readOwnReport(store, outputKey, jobId)) === undefined) return;
  throw failure(
    'MessageBatch.BadOptions',
    `The output folder ${outputKey} contains the report of an earlier job with this id, which is no longer in the store. Choose another folder, or remove the report.`
  );
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
