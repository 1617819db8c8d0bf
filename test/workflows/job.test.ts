/**
 * Goal: a job does what its contract says, over virtual days. Method: the whole engine against the simulator, whose clock
 * is the test server's.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canceled, errored, expired, refused, succeeded } from '../../src/simulator';
import {
  HOUR_MS,
  MINUTE_MS,
  numberOf,
  progressWhere,
  question,
  requests,
  useEngine,
} from '../helpers/engine';

const withEngine = useEngine();

describe('messageBatchJob', () => {
  test('a job of ten requests brings each answer beside its request, in order', async () => {
    await withEngine({}, async ({ batches, jobId, lines, simulator }) => {
      const job = await batches.start(requests(10), { jobId });
      const report = await job.report();
      expect(report).toMatchObject({
        job_id: jobId,
        status: 'completed',
        requests: 10,
        succeeded: 10,
        errored: 0,
        rounds: 1,
        stop_reasons: { end_turn: 10 },
      });
      const results = await lines('results.jsonl');
      expect(results.map(({ custom_id }) => custom_id)).toEqual(
        requests(10).map(({ custom_id }) => custom_id)
      );
      for (const [index, { result }] of results.entries()) {
        expect(result.message?.content[0]?.text).toContain(`item ${index}`);
      }
      expect(await lines('failures.jsonl')).toEqual([]);
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test('failures of every kind are retried, given up or kept as the contract says', async () => {
    const result = ({
      params,
      attempt,
    }: {
      params: Readonly<Record<string, unknown>>;
      attempt: number;
    }) => {
      switch (numberOf(params)) {
        case 0:
          return attempt === 1 ? errored('overloaded_error') : undefined;
        case 1:
          return attempt < 3 ? errored('api_error') : undefined;
        case 2:
          return errored('timeout_error');
        case 3:
          return attempt === 1 ? errored('rate_limit_error') : succeeded('third');
        case 4:
          return errored('invalid_request_error');
        case 5:
          return errored('not_found_error');
        case 6:
          return errored('permission_error');
        case 7:
          return errored('request_too_large');
        case 8:
          return canceled();
        case 9:
          return refused();
        default:
          return undefined;
      }
    };
    await withEngine({ result }, async ({ batches, jobId, lines, simulator }) => {
      const job = await batches.start(requests(12), { jobId });
      const report = await job.report();
      expect(report).toMatchObject({
        requests: 12,
        succeeded: 6,
        errored: 5,
        canceled: 1,
        expired: 0,
        missing: 0,
        rounds: 3,
        stop_reasons: { end_turn: 5, refusal: 1 },
      });
      const failures = await lines('failures.jsonl');
      expect(failures.map(({ custom_id, attempts }) => [custom_id, attempts])).toEqual([
        ['item-2', 3],
        ['item-4', 1],
        ['item-5', 1],
        ['item-6', 1],
        ['item-7', 1],
        ['item-8', 1],
      ]);
      expect(simulator.ledger.batches.map(({ requests: sent }) => sent.length)).toEqual([12, 4, 2]);
    });
  });

  test('a batch that expires after 24 hours keeps what finished; the rest goes into a second round', async () => {
    const result = ({
      params,
      attempt,
    }: {
      params: Readonly<Record<string, unknown>>;
      attempt: number;
    }) => (attempt === 1 && numberOf(params) % 2 === 0 ? expired() : undefined);
    await withEngine({ result, batchTimeMs: HOUR_MS }, async ({ batches, jobId, simulator }) => {
      const job = await batches.start(requests(6), { jobId });
      const report = await job.report();
      expect(report).toMatchObject({ succeeded: 6, expired: 0, rounds: 2 });
      const tookMs = Date.parse(report.ended_at) - Date.parse(report.started_at);
      expect(tookMs).toBeGreaterThan(25 * HOUR_MS);
      expect(tookMs).toBeLessThan(26 * HOUR_MS);
      expect(simulator.ledger.batches).toHaveLength(2);
    });
  });

  test('ids of any characters come back unchanged, each beside its own answer', async () => {
    const ids = [
      'a/b\\c',
      ' spaces around ',
      'ü😀\u2028',
      `"quotes" and 'quotes'`,
      '__proto__',
      'constructor',
      'tab\tnewline\n',
      'item-1',
      '../../report.json',
      'x'.repeat(1_000),
    ];
    const list = [
      ...ids.map((custom_id, index) => ({ custom_id, params: question(`number ${index}`) })),
      { params: question(`number ${ids.length}`) },
    ];
    await withEngine({}, async ({ batches, jobId, lines }) => {
      const job = await batches.start(list, { jobId });
      expect(await job.report()).toMatchObject({ requests: 11, succeeded: 11 });
      const results = await lines('results.jsonl');
      expect(results.map(({ custom_id }) => custom_id)).toEqual([...ids, 'item-10']);
      for (const [index, { result }] of results.entries()) {
        expect(result.message?.content[0]?.text).toContain(`number ${index}`);
      }
    });
  });

  test('bad lines stop the job with their numbers; with corrected lines the same id runs', async () => {
    await withEngine({}, async ({ batches, folder, jobId, simulator }) => {
      const path = join(folder, 'input.jsonl');
      const good = JSON.stringify({ custom_id: 'a', params: question('secret 1') });
      const bad = [
        good,
        '',
        '{"custom_id": "b"',
        '[1]',
        '{"custom_id": 7, "params": {}}',
        '{"custom_id": "c", "params": {}, "extra": 1}',
        good,
        '{"custom_id": "", "params": {}}',
      ];
      await writeFile(path, bad.join('\r\n'));
      const failing = await batches.start(path, { jobId });
      const error = await failing.report().catch((thrown: unknown) => thrown as Error);
      expect(error).toMatchObject({ type: 'MessageBatch.BadRequests' });
      for (const line of [3, 4, 5, 6, 7, 8]) {
        expect((error as Error).message).toContain(`line ${line}: `);
      }
      expect((error as Error).message).not.toContain('secret');
      expect(await failing.progress()).toMatchObject({ status: 'failed', phase: 'ended' });
      await writeFile(path, good);
      const job = await batches.start(path, { jobId });
      expect(await job.report()).toMatchObject({ requests: 1, succeeded: 1 });
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('an input of any shape ends the Workflow with a failure that says what is wrong', async () => {
    await withEngine({}, async ({ env, jobId, simulator, store, taskQueue }) => {
      const inputs = [
        { input: undefined, says: 'one JSON object' },
        { input: 'requests.jsonl', says: 'one JSON object' },
        { input: { checkmin: '1s' }, says: 'did you mean `checkMin`?' },
        { input: {}, says: 'Expected `requests`' },
        { input: { requests: { uri: 'file:///etc/passwd' } }, says: '' },
        { input: { requests: { uri: store.uriOf('jobs/none/requests.jsonl') } }, says: '' },
      ];
      for (const { input, says } of inputs) {
        const error: unknown = await env.client.workflow
          .execute('messageBatchJob', { workflowId: jobId, taskQueue, args: [input] })
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          cause: {
            type: expect.stringMatching(/^MessageBatch\.Bad(Options|Reference)$/) as string,
            message: expect.stringContaining(says) as string,
          },
        });
      }
      const error: unknown = await env.client.workflow
        .execute('messageBatchJob', { workflowId: `${jobId}/x`, taskQueue, args: [{}] })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ cause: { type: 'MessageBatch.BadOptions' } });
      expect(simulator.ledger.counts.create).toBe(0);
    });
  });
});

describe('a job of several chunks', () => {
  test('more chunks than the window: ten at a time, all results in order', async () => {
    const settings = { worker: { chunkLimits: { requestsMax: 2, bytesMax: 1_000_000 } } };
    await withEngine(settings, async ({ batches, jobId, lines, simulator }) => {
      const job = await batches.start(requests(25), { jobId });
      await progressWhere(
        job,
        ({ batches: known }) => known.filter(({ phase }) => phase === 'processing').length === 10,
        'ten chunks are at the API'
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(simulator.ledger.batches).toHaveLength(10);
      const report = await job.report();
      expect(report).toMatchObject({ requests: 25, succeeded: 25, rounds: 1 });
      expect(report.batches.map(({ chunk, requests: size }) => [chunk, size])).toEqual(
        Array.from({ length: 13 }, (_, chunk) => [chunk, chunk === 12 ? 1 : 2])
      );
      expect((await lines('results.jsonl')).map(({ custom_id }) => custom_id)).toEqual(
        requests(25).map(({ custom_id }) => custom_id)
      );
      expect(simulator.ledger.batches).toHaveLength(13);
    });
  });

  test('requests are split by bytes; one that fits in no chunk is a bad line', async () => {
    const settings = { worker: { chunkLimits: { requestsMax: 100, bytesMax: 3_000 } } };
    await withEngine(settings, async ({ batches, jobId, simulator }) => {
      const large = { params: question('x'.repeat(2_650)) };
      const job = await batches.start([...requests(6), large, ...requests(6, 'more')], { jobId });
      expect(await job.report()).toMatchObject({ requests: 13, succeeded: 13 });
      expect(simulator.ledger.batches.map(({ requests: sent }) => sent.length).sort()).toEqual([
        1, 6, 6,
      ]);
      const tooLarge = [...requests(2), { params: question('x'.repeat(3_000)) }];
      const failing = await batches.start(tooLarge, { jobId: `${jobId}-2` });
      await expect(failing.report()).rejects.toThrow('line 3: ');
    });
  });

  test('failures of a fast chunk do not wait for the slowest', async () => {
    const settings = {
      worker: { chunkLimits: { requestsMax: 2, bytesMax: 1_000_000 } },
      result: ({ attempt }: { attempt: number }) =>
        attempt === 1 ? errored('overloaded_error') : undefined,
    };
    await withEngine(settings, async ({ batches, jobId, simulator }) => {
      const times = [MINUTE_MS, 10 * HOUR_MS, 20 * HOUR_MS];
      simulator.configure({ batchTimeMs: ({ sequence }) => times[sequence] ?? MINUTE_MS });
      const job = await batches.start(requests(6), { jobId });
      const report = await job.report();
      expect(report).toMatchObject({ succeeded: 6, rounds: 4 });
      const startedMs = Date.parse(report.started_at);
      const firstRetry = report.batches.find(({ round }) => round === 2);
      expect(Date.parse(firstRetry?.created_at ?? '') - startedMs).toBeLessThan(HOUR_MS);
      expect(firstRetry?.requests).toBe(2);
      // No request more than twice: each failed once.
      expect(simulator.ledger.batches.flatMap(({ requests: sent }) => sent)).toHaveLength(12);
    });
  });
});
