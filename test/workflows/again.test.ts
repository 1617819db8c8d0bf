/**
 * Goal: starting an id again never pays again, whatever ended the last execution. Method: the whole engine; the simulator's
 * ledger says what was paid for.
 */
import type { StartOptions } from '../../src/index';
import { errored, extraFields } from '../../src/simulator';
import {
  HOUR_MS,
  isSubmitted,
  MINUTE_MS,
  progressWhere,
  requests,
  useEngine,
  type Engine,
} from '../helpers/engine';

const withEngine = useEngine();

/** As `kubectl delete` does to a whole namespace: nothing of the job runs any more. */
async function terminateAll(jobId: string): Promise<void> {
  for (const id of [jobId, `${jobId}/chunk-1-0`]) {
    await withEngine.env.client.workflow.getHandle(id).terminate('by the test');
  }
}

async function expectNothingTwice({ ledger }: Engine['simulator'], count: number): Promise<void> {
  const executed = await ledger.executions();
  expect(executed).toHaveLength(count);
  expect(new Set(executed.map(({ key }) => key)).size).toBe(count);
}

describe('starting an id again', () => {
  test('while it runs attaches; after its end the report comes back, without a call to the API', async () => {
    await withEngine({}, async ({ batches, env, jobId, simulator, store, taskQueue, worker }) => {
      const first = await batches.start(requests(3), { jobId });
      await progressWhere(first, isSubmitted, 'the batch is submitted');
      const second = await batches.start(requests(3), { jobId });
      const report = await second.report();
      expect(await first.report()).toEqual(report);
      expect(simulator.ledger.counts.create).toBe(1);
      const calls = simulator.ledger.calls.length;
      // A plain Temporal client knows nothing of the store: a new execution finds the report there.
      const plain: unknown = await env.client.workflow.execute('messageBatchJob', {
        workflowId: jobId,
        taskQueue,
        // The input has gone with the end; its place still stands for it.
        args: [{ requests: { uri: store.uriOf(`jobs/${jobId}/requests.jsonl`) } }],
      });
      expect(plain).toEqual(report);
      await worker.stop();
      expect(await (await batches.start(requests(3), { jobId })).report()).toEqual(report);
      expect(simulator.ledger.calls).toHaveLength(calls);
    });
  });

  test('after everything was terminated in mid-wait goes on with the batch that runs, and looks at once', async () => {
    await withEngine({ batchTimeMs: 3 * HOUR_MS }, async (engine) => {
      const { batches, jobId, simulator } = engine;
      const first = await batches.start(requests(3), { jobId });
      await progressWhere(first, isSubmitted, 'the batch is submitted');
      await engine.env.sleep(2 * HOUR_MS);
      await terminateAll(jobId);
      const looks = simulator.ledger.counts.retrieve;
      const again = await batches.start(requests(3), { jobId });
      await progressWhere(again, isSubmitted, 'the batch is known again');
      await progressWhere(again, () => simulator.ledger.counts.retrieve > looks, 'a check at once');
      expect(await again.report()).toMatchObject({ succeeded: 3, rounds: 1 });
      expect(simulator.ledger.counts.create).toBe(1);
      await expectNothingTwice(simulator, 3);
    });
  });

  test('news of earlier children that come before the plan start no round that is written down', async () => {
    const settings = {
      worker: { maxCachedWorkflows: 0 },
      result: ({ attempt, index }: { attempt: number; index: number }) =>
        attempt === 1 && index === 0 ? errored('overloaded_error') : undefined,
    };
    await withEngine(settings, async (engine) => {
      const { batches, jobId, simulator, startWorker } = engine;
      simulator.configure({
        batchTimeMs: ({ sequence }) => (sequence === 0 ? MINUTE_MS : 3 * HOUR_MS),
      });
      const first = await batches.start(requests(3), { jobId });
      await progressWhere(first, isSubmitted, 'the batch is submitted');
      await engine.env.sleep(10 * MINUTE_MS);
      await progressWhere(
        first,
        ({ batches: known }) => known[1]?.phase === 'processing',
        'round 2 is submitted'
      );
      await engine.worker.stop();
      for (const id of [jobId, `${jobId}/round-2`, `${jobId}/chunk-2-0`]) {
        await engine.env.client.workflow.getHandle(id).terminate('by the test');
      }
      const again = await batches.start(requests(3), { jobId, retryDelay: 0 });
      const verdicts = { succeeded: 2, errored: 1, expired: 0, canceled: 0, missing: 0 };
      const batchId = simulator.ledger.batches[0]?.id ?? '';
      const collected = {
        ...{ batchId, requests: 3, counts: verdicts, final: { ...verdicts, errored: 0 } },
        ...{ retry: 1, retryAfterAccount: 0, stopped: 0 },
      };
      const times = { submittedAt: null, endedAt: null };
      const state = { round: 1, chunk: 0, phase: 'ended', requests: 3, batchId, ...times };
      await engine.env.client.workflow
        .getHandle(jobId)
        .signal('messageBatchChunkChanged', { ...state, pause: null, note: null, collected });
      await startWorker();
      expect(await again.report()).toMatchObject({ succeeded: 3, rounds: 2 });
      expect(simulator.ledger.batches.map(({ requests: sent }) => sent.length)).toEqual([3, 1]);
    });
  });

  test('after a failure: what was collected stays, the rest is collected, nothing is paid again', async () => {
    const settings = { worker: { chunkLimits: { requestsMax: 2, bytesMax: 1_000_000 } } };
    await withEngine(settings, async (engine) => {
      const { batches, jobId, simulator, store } = engine;
      const first = await batches.start(requests(4), { jobId });
      await progressWhere(first, isSubmitted, 'both batches are submitted');
      const [unlucky] = simulator.ledger.batches;
      const fault = simulator.fault({
        on: 'retrieve',
        when: ({ batchId }) => batchId === unlucky?.id,
        times: Infinity,
        action: extraFields({ type: 'message' }),
      });
      // Not by its result: that would let years pass, and the API keeps results for 29 days.
      await engine.env.sleep(3 * HOUR_MS);
      const failed = await progressWhere(first, ({ phase }) => phase === 'ended', 'the job failed');
      expect(failed).toMatchObject({ status: 'failed', succeeded: 2, processing: 2 });
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
    await withEngine({}, async ({ batches, env, jobId, simulator, store, taskQueue }) => {
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
      // The same through a call that does not read the store first.
      await store.write(
        'other.jsonl',
        '{"params": {"model": "claude-opus-4-8", "max_tokens": 1}}\n'
      );
      await expect(
        env.client.workflow.execute('messageBatchJob', {
          workflowId: jobId,
          taskQueue,
          args: [{ requests: { uri: store.uriOf('other.jsonl') } }],
        })
      ).rejects.toMatchObject({ cause: { type: 'MessageBatch.JobMismatch' } });
      expect(await store.list(`jobs/${jobId}`)).toEqual(keys);
      expect(await batches.getHandle(jobId).report()).toEqual(report);
      // The order of betas and how to wait change no answer.
      const same = { ...options, betas: ['a-1', 'b-1'], checkMax: '1h' } as const;
      expect(await (await batches.start(requests(3), same)).report()).toEqual(report);
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });
});
