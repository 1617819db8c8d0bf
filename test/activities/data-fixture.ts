import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createPlan, type PlanDeps } from '../../activities/plan/plan';
import { createPlanRound } from '../../activities/plan/plan-round';
import type { ChunkName } from '../../src/contract/names';
import type { JobBinding, Plan, RoundPlan } from '../../src/contract/activities';
import { chunkFiles } from '../../src/records/job-files';
import { toRecordText } from '../../src/records/record-text';
import type { CollectedRecord } from '../../src/records/collected-record';
import { readChunkRecord } from '../../src/records/plan-records';
import type { BatchRecord } from '../../src/records/submission-records';
import { emptyUsage } from '../../src/core/collect/usage';
import { findMessageBatchFailure } from '../../src/contract/failures';
import { openLocalStore } from '../../src/store/local/local-store';
import type { Store } from '../../src/store/store';
import { temporaryFolder } from '../helpers/temporary-folder';

export const JOB_ID = 'job-1';

/** A store in a folder of its own, and the Activities of the data path on it. */
export interface JobFixture {
  readonly root: string;
  readonly store: Store;
  /** How often the API was asked for the site. */
  siteCalls: number;
  plan(
    input: object,
    more?: { jobId?: string; canceling?: boolean } & Partial<PlanDeps>
  ): Promise<Plan>;
  /** Writes the text as `in.jsonl` and plans it. */
  planText(
    text: string | Buffer,
    options?: object,
    more?: Parameters<JobFixture['plan']>[1]
  ): Promise<Plan>;
  planRound(
    plan: Plan,
    round: number,
    sources: readonly ChunkName[],
    limits?: PlanDeps['chunkLimits']
  ): Promise<RoundPlan>;
  text(key: string): Promise<string>;
  lines(key: string): Promise<unknown[]>;
  /** Keys and contents of everything in the store. */
  snapshot(prefix?: string): Promise<Record<string, string>>;
}

export async function createFixture(): Promise<JobFixture> {
  const root = temporaryFolder();
  const store = await openLocalStore(root);
  await store.id();
  const fixture: JobFixture = {
    root,
    store,
    siteCalls: 0,
    plan: async (input, { jobId = JOB_ID, canceling = false, ...deps } = {}) => {
      const discoverBinding = async (): Promise<JobBinding> => {
        fixture.siteCalls++;
        return { ...SITE, storeId: await store.id() };
      };
      return quietEnvironment().run(createPlan({ store, discoverBinding, ...deps }), {
        jobId,
        input,
        canceling,
      });
    },
    planText: async (text, options = {}, more = {}) => {
      const { uri } = await store.write('in.jsonl', text);
      return fixture.plan({ requests: { uri }, ...options }, more);
    },
    planRound: (plan, round, sources, chunkLimits) =>
      quietEnvironment().run(createPlanRound({ store, ...(chunkLimits ? { chunkLimits } : {}) }), {
        ...plan,
        round,
        sources,
      }),
    text: async (key) => {
      const pieces: Buffer[] = [];
      for await (const piece of store.read(key) as AsyncIterable<Buffer>) pieces.push(piece);
      return Buffer.concat(pieces).toString();
    },
    lines: async (key) =>
      (await fixture.text(key))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown),
    snapshot: async (prefix = '') => {
      const keys = await store.list(prefix);
      const texts = await Promise.all(keys.map((key) => fixture.text(key)));
      return Object.fromEntries(keys.map((key, index) => [key, texts[index] ?? '']));
    },
  };
  return fixture;
}

/** Failed Activities are what many tests are about: no word of them in the log. */
export function quietEnvironment(): MockActivityEnvironment {
  return new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
}

export const SITE = {
  apiOrigin: 'https://api.example',
  workspaceId: 'wrkspc_1',
  organizationId: null,
} as const;

/** A line of the input. */
export function requestLine(customId: string | null, params: object = {}): string {
  const whole = { model: 'm', max_tokens: 1, messages: [], ...params };
  return `${JSON.stringify({ ...(customId === null ? {} : { custom_id: customId }), params: whole })}\n`;
}

export function requestLines(count: number): string {
  return Array.from({ length: count }, (_, index) =>
    requestLine(`id ${index}`, { seed: index })
  ).join('');
}

/** The result of one request as collect would record it; a retry kind puts it into the next round. */
export interface ResultSpec {
  readonly result: object | string;
  readonly retry?: 'retry' | 'account' | 'stopped';
}

/** Part of the names of the files that {@link collectChunk} writes. */
export const RUN = 'run';

/** Records a batch and its outcomes for a chunk, as submit and collect do. */
export async function collectChunk(
  { store, ...job }: JobFixture,
  name: ChunkName,
  resultOf: (position: number, attempt: number) => ResultSpec,
  more: Partial<CollectedRecord> = {}
): Promise<void> {
  const files = chunkFiles(JOB_ID, name);
  const chunk = await readChunkRecord(store, files.chunk);
  const members = (await job.lines(files.members)) as [number, number][];
  const counts = { succeeded: 0, errored: 0, expired: 0, canceled: 0, missing: 0 };
  let outcomes = '';
  let retry = '';
  for (const [position, attempt] of members) {
    const { result, retry: kind } = resultOf(position, attempt);
    const text = typeof result === 'string' ? result : JSON.stringify(result);
    outcomes += `{"position":${position},"attempt":${attempt},"outcome":"${kind ? 'retry' : 'done'}","result":${text}}\n`;
    if (kind) retry += `${JSON.stringify([position, attempt + 1, kind])}\n`;
    counts[(JSON.parse(text) as { type: keyof typeof counts }).type]++;
  }
  const batchId = `msgbatch_${name.round}_${name.chunk}`;
  const batch: BatchRecord = {
    batch_id: batchId,
    created_at: '2026-11-22T10:00:00Z',
    expires_at: '2026-11-23T10:00:00Z',
    intent: 'i',
    recorded_at: '2026-11-22T10:00:01Z',
  };
  const record: CollectedRecord = {
    collected: {
      batchId,
      requests: chunk?.requests ?? 0,
      counts,
      retry: 0,
      retryAfterAccount: 0,
      stopped: 0,
      final: counts,
    },
    run: RUN,
    ended_at: '2026-11-22T11:00:00Z',
    usage: { ...emptyUsage(), input_tokens: 10 * counts.succeeded },
    stop_reasons: counts.succeeded > 0 ? { end_turn: counts.succeeded } : {},
    cost_nano_usd: '1500',
    outcomes: await store.write(files.outcomes(RUN), outcomes),
    retry: await store.write(files.retry(RUN), retry),
    ...more,
  };
  await store.write(files.batch, toRecordText(batch));
  await store.write(files.collected, toRecordText(record));
}

/** Type and message of the failure that a promise ends with. */
export async function failureOf(
  promise: Promise<unknown>
): Promise<{ type: string; message: string; details: unknown } | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    const found = findMessageBatchFailure(error);
    if (found === null) throw error;
    return { type: found.type, message: found.message, details: found.details };
  }
}
