/**
 * Goal: a job does what its contract says, over virtual days. Method: the whole engine against the simulator, whose clock
 * is the test server's.
 */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { canceled, errored, expired, refused, succeeded } from '../../src/simulator';
import { HOUR_MS, MINUTE_MS, numberOf, requests, withEngine } from '../helpers/engine';
import { createTimeSkippingEnv } from '../helpers/temporal';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await createTimeSkippingEnv();
});
afterAll(async () => {
  await env.teardown();
});

describe('messageBatchJob', () => {
  test('a job of ten requests brings each answer beside its request, in order', async () => {
    await withEngine(env, {}, async ({ batches, jobId, lines, simulator }) => {
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
    const outcome = ({
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
    await withEngine(env, { outcome }, async ({ batches, jobId, lines, simulator }) => {
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
    const outcome = ({
      params,
      attempt,
    }: {
      params: Readonly<Record<string, unknown>>;
      attempt: number;
    }) => (attempt === 1 && numberOf(params) % 2 === 0 ? expired() : undefined);
    await withEngine(env, { outcome }, async ({ batches, jobId, simulator }) => {
      const job = await batches.start(requests(6), { jobId });
      const report = await job.report();
      expect(report).toMatchObject({ succeeded: 6, expired: 0, rounds: 2 });
      const tookMs = Date.parse(report.ended_at) - Date.parse(report.started_at);
      expect(tookMs).toBeGreaterThan(25 * HOUR_MS);
      expect(tookMs).toBeLessThan(26 * HOUR_MS);
      expect(simulator.ledger.batches).toHaveLength(2);
    });
  });

  test('a job of 24 hours costs about a hundred checks and some 1,100 events', async () => {
    await withEngine(
      env,
      { batchTimeMs: 24 * HOUR_MS - MINUTE_MS },
      async ({ batches, jobId, simulator }) => {
        const job = await batches.start(requests(3), { jobId });
        await job.report();
        const chunk = await env.client.workflow.getHandle(`${jobId}/chunk-1-0`).fetchHistory();
        const parent = await env.client.workflow.getHandle(jobId).fetchHistory();
        expect(simulator.ledger.counts.retrieve).toBeGreaterThan(95);
        expect(simulator.ledger.counts.retrieve).toBeLessThan(110);
        expect(chunk.events?.length).toBeLessThan(1_250);
        expect(parent.events?.length).toBeLessThan(60);
      }
    );
  });
});
