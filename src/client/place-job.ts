/**
 * Copies a job's input into the store, under the job's id.
 */
import { createHash } from 'node:crypto';
import type { JobInput } from '../contract/public';
import { assertSameIdentity, jobIdentity, type JobIdentity } from '../core/plan/identity';
import { jobFiles } from '../records/job-files';
import { parseParams } from '../core/plan/job-input';
import { toRecordText } from '../records/record-text';
import { findReport } from '../records/own-report';
import { readIdentity, readPlanRecord } from '../records/plan-records';
import { failure } from '../contract/failures';
import { resolveOptions, type JobOptions } from '../contract/options';
import type { Store } from '../store/store';
import type { RequestFile } from './request-source';

export interface PlaceOptions {
  readonly jobId?: string;
  readonly options: JobOptions;
}

export interface PlacedJob {
  readonly jobId: string;
  readonly input: JobInput;
  /** True when an earlier execution reached its end: there is nothing to start. */
  readonly reported: boolean;
}

/**
 * Puts requests and `params` into the job's folder, unless they are there already.
 *
 * @throws ApplicationFailure `MessageBatch.JobMismatch` when the job of this id has other input or other options; nothing
 * is changed then.
 */
export async function placeJob(
  store: Store,
  file: RequestFile,
  { jobId: wantedId, options }: PlaceOptions
): Promise<PlacedJob> {
  const { params: givenParams, ...plainOptions } = options;
  const params = await readParams(store, givenParams);
  const identity = jobIdentity(resolveOptions(options), {
    inputSha256: file.sha256,
    paramsSha256: params.sha256,
  });
  const jobId = wantedId ?? defaultJobId(file.name, identity);
  const files = jobFiles(jobId);

  const known = await readIdentity(store, files.job);
  if (known !== undefined) assertSameIdentity(jobId, known, identity);
  const plan = await readPlanRecord(store, files.plan);
  if (plan === undefined) {
    await copyRequests(store, file, files.requests);
    if (params.text !== null) await store.write(files.params, params.text);
    if (!(await store.writeNew(files.job, toRecordText(identity)))) {
      const other = await readIdentity(store, files.job);
      if (other !== undefined) assertSameIdentity(jobId, other, identity);
    }
  }
  const paramsUri = params.text === null ? params.uri : store.uriOf(files.params);
  return {
    jobId,
    input: {
      requests: { uri: store.uriOf(files.requests) },
      ...plainOptions,
      ...(paramsUri === null ? {} : { params: { uri: paramsUri } }),
    },
    reported: (await findReport(store, jobId)) !== undefined,
  };
}

interface GivenParams {
  /** Set when they are an object: it goes into the job's folder. */
  readonly text: string | null;
  /** Set when they are in the store already. */
  readonly uri: string | null;
  readonly sha256: string | null;
}

async function readParams(store: Store, given: JobOptions['params']): Promise<GivenParams> {
  const params = parseParams(given);
  switch (params.kind) {
    case 'none':
      return { text: null, uri: null, sha256: null };
    case 'inline': {
      const text = JSON.stringify(params.value);
      return { text, uri: null, sha256: sha256(text) };
    }
    case 'reference': {
      const hash = createHash('sha256');
      for await (const piece of store.read(
        await store.keyOf(params.uri)
      ) as AsyncIterable<Buffer>) {
        hash.update(piece);
      }
      return { text: null, uri: params.uri, sha256: hash.digest('hex') };
    }
  }
}

async function copyRequests(store: Store, file: RequestFile, key: string): Promise<void> {
  const { sha256: copied } = await store.write(key, await file.readLines());
  if (copied === file.sha256) return;
  await store.remove(key);
  throw failure('MessageBatch.BadReference', `The input changed while it was read: ${file.path}`);
}

/** Readable, and the same for the same input and the options that change the answers. */
function defaultJobId(name: string, identity: JobIdentity): string {
  const readable = name
    .replace(/[^A-Za-z0-9._:-]+/g, '-')
    .replace(/^[.-]+|-+$/g, '')
    .slice(0, 100);
  return `${readable || 'requests'}-${sha256(JSON.stringify(identity)).slice(0, 12)}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
