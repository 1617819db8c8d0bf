/**
 * The three files of a job, on real files, with the records that submit and collect leave behind.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createFinish } from '../../../activities/finish/finish';
import type { ChunkName } from '../../../src/contract/names';
import type { Report } from '../../../src/contract/public';
import type { FinishInput, Plan } from '../../../src/contract/activities';
import { chunkFiles, jobFiles, outputFiles } from '../../../src/records/job-files';
import { findReport } from '../../../src/records/own-report';
import { findReportFiles } from '../../../src/records/report-files';
import { toRecordText } from '../../../src/records/record-text';
import { readCollectedRecord } from '../../../src/records/collected-record';
import type { Store } from '../../../src/store/store';
import {
  collectChunk,
  createFixture,
  failureOf,
  JOB_ID,
  quietEnvironment,
  requestLine,
  requestLines,
  RUN,
  type JobFixture,
  type ResultSpec,
} from '../data-fixture';

let job: JobFixture;

beforeEach(async () => {
  job = await createFixture();
});

const LIMITS = { requestsMax: 2, bytesMax: 1e6 };
const at = (round: number, chunk: number): ChunkName => ({ round, chunk });
const three = outputFiles(jobFiles(JOB_ID).folder);

const succeeded = (text: string): ResultSpec => ({
  result: { type: 'succeeded', message: { text } },
});
const errored = (type: string, retry?: 'retry'): ResultSpec => ({
  result: {
    type: 'errored',
    error: { type: 'error', error: { type, message: 'no' }, request_id: null },
  },
  ...(retry ? { retry } : {}),
});
const EXPIRED: ResultSpec = { result: { type: 'expired' }, retry: 'retry' };

/** Key of the job's results or failures, as its report names them. */
async function keyOf(kind: 'results' | 'failures'): Promise<string> {
  const report = await findReport(job.store, JOB_ID);
  if (report === undefined) throw new Error('Expected a report.');
  return job.store.keyOf((await findReportFiles(job.store, JOB_ID, report))[kind].uri);
}

/** Every file of results or failures in the job's folder, whether a report names it or not. */
async function resultFiles(): Promise<string[]> {
  const keys = await job.store.list(jobFiles(JOB_ID).folder);
  return keys.filter((key) => /(results|failures)\.jsonl$/.test(key));
}

/** A store whose use of some objects waits, as that of a process that is suspended. */
function suspendedBefore(key: RegExp): { readonly store: Store; readonly resume: () => void } {
  const held = { release: (): void => undefined };
  const promise = new Promise<void>((resolve) => (held.release = resolve));
  const wait = async (written: string): Promise<void> => {
    if (key.test(written)) await promise;
  };
  const { store } = job;
  return {
    store: {
      ...store,
      readVerified: async function* (reference) {
        await wait(reference.uri);
        yield* store.readVerified(reference);
      },
      write: async (to, source) => {
        await wait(to);
        return store.write(to, source);
      },
      writeNew: async (to, source) => {
        await wait(to);
        return store.writeNew(to, source);
      },
    },
    resume: () => {
      held.release();
    },
  };
}

async function finish(
  plan: Plan,
  more: Partial<FinishInput> = {},
  store: Store = job.store
): Promise<Report> {
  const input: FinishInput = {
    ...plan,
    status: 'completed',
    startedAt: '2026-11-22T10:00:00.000Z',
    endedAt: '2026-11-22T12:00:00.000Z',
    ...more,
  };
  return quietEnvironment().run(createFinish({ store }), input);
}

/** Five requests in three chunks; 1 and 4 come back in round 2, and 4 fails for good. */
async function runJob(): Promise<Plan> {
  const plan = await job.planText(requestLines(5), {}, { chunkLimits: LIMITS });
  const failing = [1, 4];
  for (let chunk = 0; chunk < 3; chunk++) {
    await collectChunk(job, at(1, chunk), (position) =>
      failing.includes(position) ? EXPIRED : succeeded(`first ${position}`)
    );
  }
  const round = await job.planRound(plan, 2, [at(1, 0), at(1, 2)]);
  await collectChunk(job, at(2, 0), (position) =>
    position === 1 ? succeeded('second 1') : errored('invalid_request_error')
  );
  return { ...plan, rounds: [...plan.rounds, round] };
}

describe('messageBatchFinish', () => {
  test('writes results and failures in input order, the last round first heard', async () => {
    const report = await finish(await runJob());
    expect(await job.lines(await keyOf('results'))).toEqual([
      { custom_id: 'id 0', result: succeeded('first 0').result },
      { custom_id: 'id 1', result: succeeded('second 1').result },
      { custom_id: 'id 2', result: succeeded('first 2').result },
      { custom_id: 'id 3', result: succeeded('first 3').result },
    ]);
    expect(await job.lines(await keyOf('failures'))).toEqual([
      { custom_id: 'id 4', result: errored('invalid_request_error').result, attempts: 2 },
    ]);
    expect(await job.store.readJson(three.report)).toEqual(report);
  });

  test('accounts for everything in the report', async () => {
    const report = await finish(await runJob());
    expect(report).toMatchObject({
      job_id: JOB_ID,
      status: 'completed',
      requests: 5,
      succeeded: 4,
      errored: 1,
      expired: 0,
      canceled: 0,
      missing: 0,
      rounds: 2,
      stop_reasons: { end_turn: 4 },
      error_types: { invalid_request_error: 1 },
      usage: { input_tokens: 40, output_tokens: 0 },
      cost_usd: '0.000006',
      prices_as_of: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) as unknown,
      started_at: '2026-11-22T10:00:00.000Z',
      ended_at: '2026-11-22T12:00:00.000Z',
      results: { lines: 4 },
      failures: { lines: 1 },
    });
    expect(
      report.batches.map(({ id, round, chunk, requests, succeeded: good, expired }) => [
        id,
        round,
        chunk,
        requests,
        good,
        expired,
      ])
    ).toEqual([
      ['msgbatch_1_0', 1, 0, 2, 1, 1],
      ['msgbatch_1_1', 1, 1, 2, 2, 0],
      ['msgbatch_1_2', 1, 2, 1, 0, 1],
      ['msgbatch_2_0', 2, 0, 2, 1, 0],
    ]);
    expect(report.batches[0]).toMatchObject({
      created_at: '2026-11-22T10:00:00Z',
      ended_at: '2026-11-22T11:00:00Z',
    });
  });

  test('copies ids and results byte by byte', async () => {
    const literals = ['"\\u0061"', '"é"', '"\\ud83d\\ude00"', '" \\n"'];
    const input = literals.map((id) => requestLine('x').replace('"x"', () => id)).join('');
    const results = [
      '{"type":"succeeded","message":{"n":12345678901234567890,"f":1.0,"s":"\\u00e9é"}}',
      '{ "type" : "succeeded" , "message":{} }',
      '{"error":{"type":"error","error":{"type":"api_error"}},"type":"errored"}',
      '{"type":"missing"}',
    ];
    const plan = await job.planText(input);
    await collectChunk(job, at(1, 0), (position) => ({ result: results[position] ?? '' }));
    await finish(plan);
    expect(await job.text(await keyOf('results'))).toBe(
      [0, 1]
        .map((n) => `{"custom_id":${literals[n] ?? ''},"result":${results[n] ?? ''}}\n`)
        .join('')
    );
    expect(await job.text(await keyOf('failures'))).toBe(
      [2, 3]
        .map(
          (n) => `{"custom_id":${literals[n] ?? ''},"result":${results[n] ?? ''},"attempts":1}\n`
        )
        .join('')
    );
  });

  test('what was never submitted is canceled with no attempt, what was keeps its last result', async () => {
    const plan = await job.planText(requestLines(6), {}, { chunkLimits: LIMITS });
    await collectChunk(job, at(1, 1), (position) => (position === 2 ? EXPIRED : succeeded('x')));
    const round = await job.planRound(plan, 2, [at(1, 1)]);
    const report = await finish(
      { ...plan, rounds: [...plan.rounds, round] },
      { status: 'canceled' }
    );
    expect(report).toMatchObject({
      status: 'canceled',
      requests: 6,
      succeeded: 1,
      expired: 1,
      canceled: 4,
      rounds: 1,
    });
    expect(await job.lines(await keyOf('failures'))).toEqual([
      { custom_id: 'id 0', result: { type: 'canceled' }, attempts: 0 },
      { custom_id: 'id 1', result: { type: 'canceled' }, attempts: 0 },
      { custom_id: 'id 2', result: { type: 'expired' }, attempts: 1 },
      { custom_id: 'id 4', result: { type: 'canceled' }, attempts: 0 },
      { custom_id: 'id 5', result: { type: 'canceled' }, attempts: 0 },
    ]);
  });

  test('a job that was canceled before its first submission has a report too', async () => {
    const plan = await job.planText(requestLines(3), {}, { canceling: true });
    const report = await finish(plan, { status: 'canceled' });
    expect(report).toMatchObject({
      canceled: 3,
      rounds: 0,
      batches: [],
      cost_usd: '0.00',
      usage: { input_tokens: 0 },
    });
    expect(await job.text(await keyOf('results'))).toBe('');
  });

  test('goes into the output folder', async () => {
    const plan = await job.planText(requestLines(1), {
      output: { uri: job.store.uriOf('my/out') },
    });
    await collectChunk(job, at(1, 0), () => succeeded('x'));
    const report = await finish(plan);
    expect(await job.store.list('my')).toEqual([
      'my/out/failures.jsonl',
      'my/out/report.json',
      'my/out/results.jsonl',
    ]);
    expect(report.results.uri).toBe(job.store.uriOf('my/out/results.jsonl'));
  });

  test('a cost that is not known of one chunk is not known of the job', async () => {
    const plan = await job.planText(requestLines(4), {}, { chunkLimits: LIMITS });
    await collectChunk(job, at(1, 0), () => succeeded('x'));
    await collectChunk(job, at(1, 1), () => succeeded('x'), { cost_nano_usd: null });
    expect((await finish(plan)).cost_usd).toBeNull();
  });

  test('sums costs exactly', async () => {
    const plan = await job.planText(requestLines(4), {}, { chunkLimits: LIMITS });
    await collectChunk(job, at(1, 0), () => succeeded('x'), { cost_nano_usd: '9007199254740993' });
    await collectChunk(job, at(1, 1), () => succeeded('x'), { cost_nano_usd: '9007199254740993' });
    expect((await finish(plan)).cost_usd).toBe('18014398.509481986');
  });

  test('counts the errors by their type', async () => {
    const plan = await job.planText(requestLines(5));
    const types = [
      'api_error',
      'api_error',
      'invalid_request_error',
      'My Secret',
      'not_found_error',
    ];
    await collectChunk(job, at(1, 0), (position) => errored(types[position] ?? ''));
    expect((await finish(plan)).error_types).toEqual({
      api_error: 2,
      invalid_request_error: 1,
      '(unreadable)': 1,
      not_found_error: 1,
    });
  });

  test('counts results of an unknown type as errors, and keeps them as they came', async () => {
    const plan = await job.planText(requestLines(3));
    const types = ['succeeded', 'postponed', 'My Secret'];
    await collectChunk(job, at(1, 0), (position) => ({ result: { type: types[position] } }));
    expect(await finish(plan)).toMatchObject({
      succeeded: 1,
      errored: 2,
      error_types: { postponed: 1, '(unreadable)': 1 },
    });
    expect(await job.lines(await keyOf('failures'))).toEqual([
      { custom_id: 'id 1', result: { type: 'postponed' }, attempts: 1 },
      { custom_id: 'id 2', result: { type: 'My Secret' }, attempts: 1 },
    ]);
  });

  test('a report that stands is returned, and nothing is written', async () => {
    const plan = await runJob();
    const report = await finish(plan);
    const before = await job.snapshot();
    expect(await finish(plan, { status: 'canceled', endedAt: '2027-01-01T00:00:00.000Z' })).toEqual(
      report
    );
    expect(await job.snapshot()).toEqual(before);
  });

  test('is the same bytes when it is made again after a crash before the report', async () => {
    const plan = await runJob();
    const before = await job.snapshot();
    const contents = async (): Promise<string[]> => [
      await job.text(await keyOf('results')),
      await job.text(await keyOf('failures')),
    ];
    await finish(plan);
    const written = await contents();
    for (const [key, text] of Object.entries(before)) await job.store.write(key, text);
    await job.store.remove(three.report);
    await finish(plan);
    expect(await contents()).toEqual(written);
    // What the first one wrote is removed: its report does not exist.
    expect(await resultFiles()).toHaveLength(2);
  });

  test('keeps what proves the payments, and lets the rest go', async () => {
    const { uri } = await job.store.write(jobFiles(JOB_ID).requests, requestLines(1));
    const plan = await job.plan({ requests: { uri }, params: { system: 'x' } });
    await collectChunk(job, at(1, 0), () => succeeded('x'));
    await job.store.write(chunkFiles(JOB_ID, at(1, 0)).intent('a'), '{}');
    await finish(plan);
    const names = (await job.store.list('jobs')).map((key) => key.replace(/[0-9a-f]{16}/, '<run>'));
    expect(names).toEqual(
      [
        '<run>.failures.jsonl',
        '<run>.results.jsonl',
        'chunks/1-0/batch.json',
        'chunks/1-0/chunk.json',
        'chunks/1-0/collected.json',
        'chunks/1-0/intents/a.json',
        'job.json',
        'plan.json',
        'report.json',
      ].map((name) => `jobs/${JOB_ID}/${name}`)
    );
    expect(await job.plan({ requests: { uri }, params: { system: 'x' } })).toMatchObject({
      resumed: true,
      report: { job_id: JOB_ID },
    });
  });

  test.each([
    { name: 'its results', key: /results\.jsonl$/, output: undefined },
    { name: 'its report', key: /report\.json$/, output: undefined },
    { name: "it merges into a user's folder", key: /ids\.jsonl$/, output: 'my/out' },
  ])(
    'a canceled execution that wakes up before $name changes nothing of the completed job',
    async ({ key, output }) => {
      const plan = await job.planText(
        requestLines(4),
        output === undefined ? {} : { output: { uri: job.store.uriOf(output) } },
        { chunkLimits: LIMITS }
      );
      await collectChunk(job, at(1, 0), () => succeeded('x'));
      const suspended = suspendedBefore(key);
      const late = finish(plan, { status: 'canceled' }, suspended.store);
      // The next execution submits what the canceled one left out, and completes the job.
      await new Promise((resolve) => setTimeout(resolve, 200));
      await collectChunk(job, at(1, 1), () => succeeded('x'));
      const report = await finish(plan);
      expect(report).toMatchObject({ status: 'completed', succeeded: 4 });
      const before = await job.snapshot();
      suspended.resume();
      expect(await late).toEqual(report);
      expect(await job.snapshot()).toEqual(before);
      expect(await job.lines(await keyOf('results'))).toHaveLength(4);
    }
  );

  test('a batch of a round that the execution does not know is not left behind', async () => {
    const plan = await job.planText(requestLines(2));
    await collectChunk(job, at(1, 0), () => EXPIRED);
    await job.planRound(plan, 2, [at(1, 0)]);
    await collectChunk(job, at(2, 0), () => succeeded('x'));
    await job.store.remove(chunkFiles(JOB_ID, at(2, 0)).collected);
    expect(await failureOf(finish(plan, { status: 'canceled' }))).toMatchObject({
      type: 'MessageBatch.Interrupted',
      details: [{ batchId: 'msgbatch_2_0' }],
    });
  });

  test('a submission without a known end is not left behind', async () => {
    const plan = await job.planText(requestLines(2));
    const intent = { api_time: '2026-11-22T10:00:00Z', deadline_ms: 1000 };
    await job.store.write(chunkFiles(JOB_ID, at(1, 0)).intent('a'), toRecordText(intent));
    expect(await failureOf(finish(plan, { status: 'canceled' }))).toMatchObject({
      type: 'MessageBatch.Interrupted',
      message: expect.stringContaining('1-0') as string,
    });
    expect(await job.store.size(three.report)).toBeUndefined();
  });

  test('an input outside the job folder is not ours to remove', async () => {
    await finish(await runJob());
    expect(await job.store.size('in.jsonl')).toBeGreaterThan(0);
  });

  test('a cleaning that fails does not fail the job', async () => {
    const plan = await runJob();
    const store: Store = { ...job.store, remove: () => Promise.reject(new Error('busy')) };
    expect(await finish(plan, {}, store)).toMatchObject({ requests: 5 });
  });

  test('a batch without its results is not declared finished', async () => {
    const plan = await runJob();
    await job.store.remove(chunkFiles(JOB_ID, at(1, 1)).collected);
    const found = await failureOf(finish(plan));
    expect(found).toMatchObject({
      type: 'MessageBatch.Interrupted',
      details: [{ batchId: 'msgbatch_1_1' }],
    });
    expect(await job.store.size(three.report)).toBeUndefined();
  });

  test('requests without a result are no completed job', async () => {
    const plan = await job.planText(requestLines(4), {}, { chunkLimits: LIMITS });
    await collectChunk(job, at(1, 0), () => succeeded('x'));
    expect(await failureOf(finish(plan))).toMatchObject({ type: 'MessageBatch.Interrupted' });
  });

  test.each([
    { name: 'changed outcomes', key: chunkFiles(JOB_ID, at(1, 0)).outcomes(RUN), text: '' },
    { name: 'changed ids', key: jobFiles(JOB_ID).ids, text: '"a"\n' },
  ])('$name are noticed, and no file stands', async ({ key, text }) => {
    const plan = await runJob();
    await job.store.write(key, text);
    expect(await failureOf(finish(plan))).toMatchObject({ type: 'MessageBatch.StoreDamaged' });
    expect(await resultFiles()).toEqual([]);
    expect(await job.store.size(three.report)).toBeUndefined();
    expect(await readdir(join(job.root, '.tmp'))).toEqual([]);
  });

  test.each([
    {
      name: 'of a request twice',
      text: '{"position":0,"attempt":1,"outcome":"done","result":{"type":"expired"}}\n'.repeat(2),
      type: 'StoreDamaged',
    },
    {
      name: 'of a request that is not there',
      text: '{"position":9,"attempt":1,"outcome":"done","result":{"type":"expired"}}\n',
      type: 'StoreDamaged',
    },
    { name: 'in another shape', text: '{"result":{"type":"expired"}}\n', type: 'StoreDamaged' },
  ])('an outcome $name is a loud failure', async ({ text, type }) => {
    const plan = await job.planText(requestLines(2));
    const outcomes = await job.store.write(chunkFiles(JOB_ID, at(1, 0)).outcomes(RUN), text);
    await collectChunk(job, at(1, 0), () => succeeded('x'));
    const record = await readCollectedRecord(job.store, chunkFiles(JOB_ID, at(1, 0)).collected);
    await job.store.write(chunkFiles(JOB_ID, at(1, 0)).outcomes(RUN), text);
    await job.store.write(
      chunkFiles(JOB_ID, at(1, 0)).collected,
      toRecordText({ ...record, outcomes })
    );
    expect(await failureOf(finish(plan, { status: 'canceled' }))).toMatchObject({
      type: `MessageBatch.${type}`,
    });
  });

  test('merges thirty thousand results of several rounds in little time', async () => {
    const plan = await job.planText(
      requestLines(30_000),
      {},
      { chunkLimits: { requestsMax: 9_000, bytesMax: 1e9 } }
    );
    for (let chunk = 0; chunk < 4; chunk++) {
      await collectChunk(job, at(1, chunk), (position) =>
        position % 10 === 3 ? EXPIRED : succeeded('x'.repeat(200))
      );
    }
    const round = await job.planRound(plan, 2, [at(1, 0), at(1, 1), at(1, 2), at(1, 3)]);
    await collectChunk(job, at(2, 0), () => succeeded('y'.repeat(200)));
    const startedMs = performance.now();
    const report = await finish({ ...plan, rounds: [...plan.rounds, round] });
    expect(report).toMatchObject({ requests: 30_000, succeeded: 30_000 });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});
