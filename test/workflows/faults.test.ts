/**
 * Goal: whatever the API does, a job waits it out, says why it is paused, or fails loudly; it loses nothing. Method:
 * the whole engine, faults by script.
 */
import { readFile } from 'node:fs/promises';
import {
  blankLine,
  brokenLine,
  cutAfterLine,
  cutMidLine,
  dropping,
  duplicatedLine,
  errored,
  extraFields,
  failing,
  foreignLine,
  missingLine,
  respondingHtml,
  unknownResultType,
  unknownStatus,
  withoutFinalNewline,
} from '../../src/simulator';
import {
  eventually,
  HOUR_MS,
  isPaused,
  isSubmitted,
  MINUTE_MS,
  numberOf,
  progressWhere,
  requests,
  useEngine,
} from '../helpers/engine';

const withEngine = useEngine();

const smallChunks = { chunkLimits: { requestsMax: 2, bytesMax: 1_000_000 } };

describe('an API in trouble', () => {
  test('errors, pages of a proxy and dropped connections on every call are waited out', async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      const troubles = [
        failing(500),
        failing(529),
        failing(404),
        failing(429, { headers: { 'retry-after': '90' } }),
        failing(408),
        dropping(),
        respondingHtml(502),
        respondingHtml(200),
      ];
      for (const action of troubles) {
        simulator.fault({ on: ['retrieve', 'results'], times: 2, action });
      }
      for (const action of [failing(500), failing(429, { headers: { 'retry-after': '5' } })]) {
        simulator.fault({ on: 'list', times: 1, action });
        // Refused for certain: nothing was made of it.
        simulator.fault({ on: 'create', times: 1, action: failing(429) });
      }
      const job = await batches.start(requests(3), { jobId });
      expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 1 });
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('a batch that someone canceled in the Console is given up, not paid for again', async () => {
    await withEngine({ batchTimeMs: 4 * HOUR_MS }, async ({ batches, env, jobId, simulator }) => {
      const job = await batches.start(requests(4), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(2.5 * HOUR_MS);
      await simulator.batches()[0]?.cancel();
      const report = await job.report();
      expect(report).toMatchObject({ status: 'completed', rounds: 1, missing: 0, errored: 0 });
      expect(report.canceled).toBeGreaterThan(0);
      expect(report.succeeded + report.canceled).toBe(4);
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test.each([
    { name: 'while the job waits', cancels: false, status: 'completed' },
    { name: 'while the job is being canceled', cancels: true, status: 'canceled' },
  ])("a deleted batch is given up on a person's answer $name", async ({ cancels, status }) => {
    await withEngine({}, async ({ batches, env, jobId, lines, simulator }) => {
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      simulator.batches()[0]?.setVisible(false);
      if (cancels) await job.cancel();
      await env.sleep(20 * MINUTE_MS);
      const paused = await progressWhere(job, isPaused, 'a pause');
      expect(paused.questions).toMatchObject([{ chunk: '1-0', kind: 'batch' }]);
      await job.resume({ batch: 'gone' });
      expect(await job.report()).toMatchObject({ status, missing: 3, rounds: 1 });
      const failures = await lines('failures.jsonl');
      expect(failures.map(({ attempts, result }) => [attempts, result.type])).toEqual(
        Array.from({ length: 3 }, () => [1, 'missing'])
      );
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test("a batch that is deleted between its end and its collection is given up on a person's answer", async () => {
    await withEngine({}, async ({ batches, env, jobId, simulator }) => {
      simulator.fault({
        on: 'results',
        action: () => {
          simulator.batches()[0]?.setVisible(false);
          return failing(404);
        },
      });
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(2 * HOUR_MS);
      const paused = await progressWhere(job, isPaused, 'a pause');
      expect(paused.questions).toMatchObject([{ chunk: '1-0', kind: 'batch' }]);
      await job.resume({ batch: 'gone' });
      expect(await job.report()).toMatchObject({ missing: 3, rounds: 1 });
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('results that the API has removed after 29 days are missing, and the job says so', async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      // The first check comes after a month, as if no Worker had run.
      const job = await batches.start(requests(3), { jobId, checkMin: '30d', checkMax: '30d' });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      const report = await job.report();
      expect(report).toMatchObject({ succeeded: 0, missing: 3, rounds: 1 });
      const { batches: known } = await job.progress();
      expect(known[0]?.note).toContain('29 days');
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('a batch that the API no longer shows pauses the job, which goes on when it is back', async () => {
    await withEngine({}, async ({ batches, env, histories, jobId, simulator }) => {
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      simulator.batches()[0]?.setVisible(false);
      await env.sleep(20 * MINUTE_MS);
      const paused = await progressWhere(job, isPaused, 'a pause');
      expect(paused.paused_reason).toContain('no longer knows msgbatch_');
      await env.sleep(5 * HOUR_MS);
      // Not running in between: the pause holds for as long as its reason.
      for (let check = 0; check < 3; check++) {
        expect(await job.progress()).toMatchObject({ status: 'paused' });
        await env.sleep(7 * MINUTE_MS);
      }
      simulator.batches()[0]?.setVisible(true);
      expect(await job.report()).toMatchObject({ succeeded: 3 });
      expect(simulator.ledger.batches).toHaveLength(1);
      const [parent] = await histories();
      expect(parent?.history.events?.length).toBeLessThan(80);
    });
  });

  test('a job that is being canceled cancels its batch as soon as the API lets it', async () => {
    await withEngine({ batchTimeMs: 9 * HOUR_MS }, async ({ batches, jobId, simulator }) => {
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      simulator.fault({ on: 'cancel', times: 12, action: failing(500) });
      await job.cancel();
      const report = await job.report();
      expect(report).toMatchObject({ status: 'canceled', canceled: 3 });
      expect(simulator.ledger.counts.cancel).toBe(13);
    });
  });
});

describe('results', () => {
  test('that are cut, torn, short, repeated or foreign are read again and come out right', async () => {
    await withEngine({}, async ({ batches, jobId, lines, simulator }) => {
      const flaws = [
        [cutMidLine(1), cutAfterLine(2), duplicatedLine(1), missingLine(0), foreignLine()],
        [brokenLine(2), cutMidLine(0, 'clean'), blankLine(1), withoutFinalNewline()],
      ];
      for (const [index, actions] of flaws.entries()) {
        simulator.clearFaults();
        for (const action of actions) simulator.fault({ on: 'results', times: 1, action });
        const id = `${jobId}-${index}`;
        const report = await (
          await batches.start(requests(4, `f${index}`), { jobId: id })
        ).report();
        expect(report).toMatchObject({ succeeded: 4, missing: 0, rounds: 1 });
        expect((await lines('results.jsonl', id)).map(({ custom_id }) => custom_id)).toEqual(
          requests(4, `f${index}`).map(({ custom_id }) => custom_id)
        );
      }
      expect(simulator.ledger.batches).toHaveLength(2);
    });
  });

  test('that never come whole: what lacks is missing, and not paid for again', async () => {
    await withEngine({}, async ({ batches, jobId, lines, simulator }) => {
      simulator.fault({ on: 'results', times: Infinity, action: missingLine(1) });
      const job = await batches.start(requests(4), { jobId });
      expect(await job.report()).toMatchObject({ succeeded: 3, missing: 1, rounds: 1 });
      const [failure] = await lines('failures.jsonl');
      expect(failure).toMatchObject({ result: { type: 'missing' }, attempts: 1 });
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('that are nowhere pause the job with the reason, which goes on when they are there', async () => {
    await withEngine({}, async ({ batches, env, jobId, simulator }) => {
      const fault = simulator.fault({ on: 'results', times: Infinity, action: failing(404) });
      const job = await batches.start(requests(2), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(4 * HOUR_MS);
      const paused = await progressWhere(job, isPaused, 'a pause');
      expect(paused.paused_reason).toContain('the API has none');
      fault.remove();
      expect(await job.report()).toMatchObject({ succeeded: 2, missing: 0 });
    });
  });
});

describe('words of the API that this version does not know', () => {
  test('are failures of their requests, and the other results are handed out', async () => {
    const result = ({ index }: { index: number }) =>
      index === 1 ? errored('cosmic_ray_error') : undefined;
    await withEngine({ result }, async ({ batches, jobId, simulator }) => {
      simulator.fault({ on: 'results', action: unknownResultType('postponed', 0) });
      const report = await (await batches.start(requests(4), { jobId })).report();
      expect(report).toMatchObject({ status: 'completed', requests: 4, missing: 0 });
      const { succeeded, errored: failed, error_types: types } = report;
      expect(succeeded + failed).toBe(4);
      expect(types).toMatchObject({ postponed: 1 });
      const failures = await readFile(new URL(report.failures.uri), 'utf8');
      expect(failures).toContain('"type":"postponed"');
    });
  });

  test('wait for the batch when they are its status, and a note says so', async () => {
    await withEngine({}, async ({ batches, env, jobId, simulator }) => {
      const fault = simulator.fault({
        on: 'retrieve',
        times: Infinity,
        action: unknownStatus('postponed'),
      });
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(2 * HOUR_MS);
      const { batches: known, status } = await job.progress();
      expect(status).toBe('running');
      expect(known[0]?.note).toContain('postponed');
      fault.remove();
      expect(await job.report()).toMatchObject({ succeeded: 3 });
      expect((await job.progress()).batches[0]?.note).toBeNull();
    });
  });

  test('fail the job when the batch itself is no batch, once the other chunks are collected', async () => {
    await withEngine({ worker: smallChunks }, async ({ batches, jobId, simulator, store }) => {
      simulator.fault({
        on: 'retrieve',
        times: Infinity,
        when: ({ batchId }) => batchId === simulator.ledger.batches[0]?.id,
        action: extraFields({ type: 'message' }),
      });
      const job = await batches.start(requests(6), { jobId });
      const error = await job.report().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        type: 'MessageBatch.UnexpectedAnswer',
        message: expect.stringContaining('type is not as documented') as string,
      });
      const keys = await store.list(`jobs/${jobId}/chunks`);
      expect(keys.filter((key) => key.endsWith('/collected.json'))).toHaveLength(2);
      expect(await job.progress()).toMatchObject({ status: 'failed', succeeded: 4, processing: 2 });
    });
  });
});

describe('requests that failed for the account', () => {
  test('wait for a person, whatever their error is called, and use up no attempt', async () => {
    const kinds = [
      errored('authentication_error'),
      errored('billing_error'),
      errored('invalid_request_error', {
        message: 'You have reached your specified API usage limits.',
      }),
      errored('rate_limit_error', { details: { error_code: 'enforced_spend_limit_reached' } }),
    ];
    const result = ({
      params,
      attempt,
    }: {
      params: Readonly<Record<string, unknown>>;
      attempt: number;
    }) => (attempt === 1 ? kinds[numberOf(params)] : undefined);
    await withEngine({ result }, async ({ batches, env, jobId, simulator }) => {
      const job = await batches.start(requests(5), { jobId, maxAttempts: 1 });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(2 * HOUR_MS);
      const paused = await progressWhere(job, isPaused, 'a pause');
      expect(paused.paused_reason).toContain('4 requests failed because of the account');
      await env.sleep(9 * HOUR_MS);
      expect(simulator.ledger.counts.create).toBe(1);
      await job.resume({ kind: 'account' });
      await eventually(
        () => Promise.resolve(simulator.ledger.counts.create === 2),
        'round 2 is submitted'
      );
      expect(await job.report()).toMatchObject({ succeeded: 5, rounds: 2 });
    });
  });
});
