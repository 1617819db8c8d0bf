/**
 * Goal: starting an id again never pays again, whatever ended the last execution. Method: the whole engine; the simulator's
 * ledger says what was paid for.
 */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { StartOptions } from '../../src/index';
import { unknownResultType } from '../../src/simulator';
import {
  HOUR_MS,
  isSubmitted,
  progressWhere,
  requests,
  withEngine,
  type Engine,
} from '../helpers/engine';
import { createTimeSkippingEnv } from '../helpers/temporal';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await createTimeSkippingEnv();
});
afterAll(async () => {
  await env.teardown();
});

/** As `kubectl delete` does to a whole namespace: nothing of the job runs any more. */
async function terminateAll(jobId: string): Promise<void> {
  for (const id of [jobId, `${jobId}/chunk-1-0`]) {
    await env.client.workflow.getHandle(id).terminate('by the test');
  }
}

async function expectNothingTwice({ ledger }: Engine['simulator'], count: number): Promise<void> {
  const executed = await ledger.executions();
  expect(executed).toHaveLength(count);
  expect(new Set(executed.map(({ key }) => key)).size).toBe(count);
}

describe('starting an id again', () => {
  test('while it runs attaches; after its end the report comes back, without a call to the API', async () => {
    await withEngine(env, {}, async ({ batches, jobId, simulator, taskQueue, worker }) => {
      const first = await batches.start(requests(3), { jobId });
      await progressWhere(first, isSubmitted, 'the batch is submitted');
      const second = await batches.start(requests(3), { jobId });
      const [report, same] = await Promise.all([first.report(), second.report()]);
      expect(same).toEqual(report);
      expect(simulator.ledger.counts.create).toBe(1);
      const calls = simulator.ledger.calls.length;
      // A plain Temporal client knows nothing of the store: a new execution finds the report there.
      const plain: unknown = await env.client.workflow.execute('messageBatchJob', {
        workflowId: jobId,
        taskQueue,
        args: [{ requests: { uri: `file://${await inputOf(jobId, first)}` } }],
      });
      expect(plain).toEqual(report);
      await worker.stop();
      expect(await (await batches.start(requests(3), { jobId })).report()).toEqual(report);
      expect(simulator.ledger.calls).toHaveLength(calls);

      async function inputOf(id: string, job: typeof first): Promise<string> {
        expect(job.jobId).toBe(id);
        const { history } = { history: await env.client.workflow.getHandle(id).fetchHistory() };
        const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
        const data = started?.input?.payloads?.[0]?.data;
        const { requests: input } = JSON.parse(Buffer.from(data ?? []).toString()) as {
          requests: { uri: string };
        };
        return new URL(input.uri).pathname;
      }
    });
  });

  test('after everything was terminated in mid-wait goes on with the batch that runs, and looks at once', async () => {
    await withEngine(env, { batchTimeMs: 3 * HOUR_MS }, async (engine) => {
      const { batches, jobId, simulator } = engine;
      const first = await batches.start(requests(3), { jobId });
      await progressWhere(first, isSubmitted, 'the batch is submitted');
      await env.sleep(2 * HOUR_MS);
      await terminateAll(jobId);
      await expect(first.report()).rejects.toThrow();
      const looks = simulator.ledger.counts.retrieve;
      const again = await batches.start(requests(3), { jobId });
      await progressWhere(again, isSubmitted, 'the batch is known again');
      await progressWhere(again, () => simulator.ledger.counts.retrieve > looks, 'a look at once');
      expect(await again.report()).toMatchObject({ succeeded: 3, rounds: 1 });
      expect(simulator.ledger.counts.create).toBe(1);
      await expectNothingTwice(simulator, 3);
    });
  });

  test('while a child of the terminated execution still runs waits for it, and pays nothing', async () => {
    // The test server leaves children alone: what a lost cancellation would do.
    await withEngine(env, { batchTimeMs: 3 * HOUR_MS }, async (engine) => {
      const { batches, jobId, simulator } = engine;
      const first = await batches.start(requests(3), { jobId });
      await progressWhere(first, isSubmitted, 'the batch is submitted');
      await env.client.workflow.getHandle(jobId).terminate('by the test');
      const again = await batches.start(requests(3), { jobId });
      expect(await again.report()).toMatchObject({ succeeded: 3, rounds: 1 });
      expect(simulator.ledger.counts.create).toBe(1);
      await expectNothingTwice(simulator, 3);
    });
  });

  test('after a failure: what was collected stays, the rest is collected, nothing is paid again', async () => {
    const settings = { worker: { chunkLimits: { requestsMax: 2, bytesMax: 1_000_000 } } };
    await withEngine(env, settings, async (engine) => {
      const { batches, jobId, simulator, store } = engine;
      const first = await batches.start(requests(4), { jobId });
      await progressWhere(first, isSubmitted, 'both batches are submitted');
      const [unlucky] = simulator.ledger.batches;
      const fault = simulator.fault({
        on: 'results',
        when: ({ batchId }) => batchId === unlucky?.id,
        times: Infinity,
        action: unknownResultType(),
      });
      await expect(first.report()).rejects.toMatchObject({ type: 'MessageBatch.UnexpectedAnswer' });
      expect(await first.progress()).toMatchObject({ status: 'failed', phase: 'ended' });
      const collected = (await store.list(`jobs/${jobId}/chunks`)).filter((key) =>
        key.endsWith('collected.json')
      );
      expect(collected).toHaveLength(1);
      fault.remove();
      const again = await batches.start(requests(4), { jobId });
      expect(await again.report()).toMatchObject({ succeeded: 4, rounds: 1 });
      expect(simulator.ledger.counts.create).toBe(2);
      await expectNothingTwice(simulator, 4);
    });
  });

  test('with anything else that changes the answers is refused and changes nothing', async () => {
    await withEngine(env, {}, async ({ batches, jobId, simulator, store, taskQueue }) => {
      const options: StartOptions = { jobId, betas: ['b-1', 'a-1'], params: { system: 'x' } };
      const job = await batches.start(requests(3), options);
      const report = await job.report();
      const keys = await store.list(`jobs/${jobId}`);
      const others: [string, Parameters<typeof batches.start>[0], StartOptions][] = [
        ['the input', requests(4), options],
        ['`params`', requests(3), { ...options, params: { system: 'y' } }],
        ['`betas`', requests(3), { ...options, betas: ['a-1'] }],
        ['`apiVersion`', requests(3), { ...options, apiVersion: '2023-06-01' }],
        ['`account`', requests(3), { ...options, account: 'other' }],
      ];
      for (const [name, list, wrong] of others) {
        await expect(batches.start(list, wrong)).rejects.toMatchObject({
          type: 'MessageBatch.JobMismatch',
          message: expect.stringContaining(name) as string,
        });
      }
      // The same through a door that does not look into the store first.
      await expect(
        env.client.workflow.execute('messageBatchJob', {
          workflowId: jobId,
          taskQueue,
          args: [{ requests: { uri: store.uriOf(`jobs/${jobId}/report.json`) } }],
        })
      ).rejects.toMatchObject({ cause: { type: 'MessageBatch.JobMismatch' } });
      expect(await store.list(`jobs/${jobId}`)).toEqual(keys);
      expect(await (await batches.attach(jobId)).report()).toEqual(report);
      // The order of betas and how to wait change no answer.
      const same = { ...options, betas: ['a-1', 'b-1'], checkMax: '1h' } as const;
      expect(await (await batches.start(requests(3), same)).report()).toEqual(report);
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });
});
