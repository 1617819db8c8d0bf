/**
 * Goal: what only Temporal's real server does: closing policies, resets, search attributes. Method: the whole engine on the
 * dev server, in real time, with batches of a second.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { JobProgress } from '../../src/index';
import { errored } from '../../src/simulator';
import {
  eventually,
  HOUR_MS,
  isSubmitted,
  progressWhere,
  requests,
  runEngine,
  useEngine,
  type Engine,
} from '../helpers/engine';
import { createDevServerEnv } from '../helpers/temporal';

const ATTRIBUTES = [
  defineSearchAttributeKey('MessageBatchesStatus', SearchAttributeType.KEYWORD),
  defineSearchAttributeKey('MessageBatchesRound', SearchAttributeType.INT),
  defineSearchAttributeKey('MessageBatchesRequests', SearchAttributeType.INT),
];
const quick = { checkMin: '100ms', checkMax: '300ms', retryDelay: '100ms' } as const;

const withEngine = useEngine({
  createEnv: () => createDevServerEnv({ searchAttributes: ATTRIBUTES }),
});

async function expectPaidOnce({ ledger }: Engine['simulator'], count: number): Promise<void> {
  const executed = await ledger.executions();
  expect(executed).toHaveLength(count);
  expect(new Set(executed.map(({ key }) => key)).size).toBe(count);
}

/** Resets a Workflow to the first Workflow Task that ends after `fits` does. */
async function reset(workflowId: string, eventId: (events: number) => number): Promise<void> {
  const handle = withEngine.env.client.workflow.getHandle(workflowId);
  const { events = [] } = await handle.fetchHistory();
  const wanted = eventId(events?.length ?? 0);
  const task = (events ?? []).find(
    ({ eventId: id, workflowTaskCompletedEventAttributes: completed }) =>
      completed != null && Number(id) >= wanted
  );
  await withEngine.env.client.workflowService.resetWorkflowExecution({
    namespace: withEngine.env.namespace ?? 'default',
    workflowExecution: { workflowId },
    workflowTaskFinishEventId: task?.eventId ?? null,
    requestId: `${workflowId}-${wanted}`,
    reason: 'by the test',
  });
}

describe('a job that is terminated', () => {
  test('has its batch canceled, which is collected; started again, it goes on and pays for nothing twice', async () => {
    await withEngine({ batchTimeMs: HOUR_MS, cancelTimeMs: 500 }, async (engine) => {
      const { batches, jobId, simulator, store } = engine;
      const job = await batches.start(requests(4), { jobId, ...quick });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await engine.env.client.workflow.getHandle(jobId).terminate('by the test');
      await eventually(
        async () => (await store.size(`jobs/${jobId}/chunks/1-0/collected.json`)) !== undefined,
        'the child has canceled its batch and collected what there was'
      );
      expect(simulator.ledger.counts).toMatchObject({ create: 1, cancel: 1 });
      simulator.configure({ batchTimeMs: 500 });
      const again = await batches.start(requests(4), { jobId, ...quick });
      expect(await again.report()).toMatchObject({ status: 'completed', succeeded: 4, rounds: 2 });
      await expectPaidOnce(simulator, 4);
    });
  });

  test('and started again while its child still runs: waits for it, then goes on', async () => {
    await withEngine({ batchTimeMs: HOUR_MS, cancelTimeMs: 1_500 }, async (engine) => {
      const { batches, jobId, simulator } = engine;
      const job = await batches.start(requests(3), { jobId, ...quick });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await engine.env.client.workflow.getHandle(jobId).terminate('by the test');
      simulator.configure({ batchTimeMs: 500 });
      // The round waits for longer than our own child needs to tell what the earlier one has told.
      const slow = { ...quick, retryDelay: '4s' } as const;
      const again = await batches.start(requests(3), { jobId, ...slow });
      expect(await again.report()).toMatchObject({ status: 'completed', succeeded: 3 });
      await expectPaidOnce(simulator, 3);
    });
  });
});

describe('a chunk that is terminated', () => {
  test('ends the job, loudly; started again, the job goes on with the batch that runs', async () => {
    await withEngine({ batchTimeMs: 1_500 }, async ({ batches, env, jobId, simulator }) => {
      const job = await batches.start(requests(3), { jobId, ...quick });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.client.workflow.getHandle(`${jobId}/chunk-1-0`).terminate('by the test');
      await expect(job.report()).rejects.toThrow();
      const again = await batches.start(requests(3), { jobId, ...quick });
      expect(await again.report()).toMatchObject({ status: 'completed', succeeded: 3, rounds: 1 });
      expect(simulator.ledger.counts).toMatchObject({ create: 1, cancel: 0 });
      await expectPaidOnce(simulator, 3);
    });
  });
});

describe('a reset', () => {
  test('of the job or of a chunk, to its start or its middle, pays for nothing twice', async () => {
    const resets = [
      { of: '', at: () => 1 },
      { of: '', at: (events: number) => events / 2 },
      { of: '/chunk-1-0', at: () => 1 },
      { of: '/chunk-1-0', at: (events: number) => events / 2 },
    ];
    const result = ({ attempt, index }: { attempt: number; index: number }) =>
      attempt === 1 && index === 0 ? errored('overloaded_error') : undefined;
    const run = async ({ of, at }: (typeof resets)[number]): Promise<object> => {
      let came: object = {};
      await withEngine({ batchTimeMs: 1_500, result }, async (engine) => {
        const { batches, jobId, simulator } = engine;
        const job = await batches.start(requests(3), { jobId, ...quick });
        await progressWhere(job, isSubmitted, 'the batch is submitted');
        await reset(`${jobId}${of}`, at);
        const { status, succeeded } = await job.report();
        const paid = simulator.ledger.batches.map(({ requests: sent }) => sent.length);
        came = { status, succeeded, paid };
      });
      return came;
    };
    // Three, and once more the one that failed at first.
    const right = { status: 'completed', succeeded: 3, paid: [3, 1] };
    expect(await Promise.all(resets.map(run))).toEqual(resets.map(() => right));
  });
});

describe('results that the API will soon remove', () => {
  const DAY_MS = 24 * HOUR_MS;

  test.each([
    { age: 'of today', ageMs: 0, first: [] },
    {
      age: 'of 27 days ago',
      ageMs: 27 * DAY_MS,
      first: ['messageBatchCheck', 'messageBatchCollect'],
    },
  ])('$age: what comes first among the tasks of a Worker', async ({ ageMs, first }) => {
    const settings = { batchTimeMs: 300, now: () => Promise.resolve(Date.now() - ageMs) };
    await withEngine(settings, async ({ batches, jobId, histories }) => {
      const job = await batches.start(requests(2), { jobId, ...quick });
      expect(await job.report()).toMatchObject({ succeeded: 2 });
      const urgent = (await histories()).flatMap(({ history }) =>
        (history.events ?? [])
          .map(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled)
          .filter((scheduled) => scheduled?.priority?.priorityKey === 1)
          .map((scheduled) => scheduled?.activityType?.name)
      );
      expect([...new Set(urgent)].sort()).toEqual(first);
    });
  });
});

describe('search attributes', () => {
  test('follow the job, and jobs are found by them', async () => {
    await withEngine({ batchTimeMs: 300 }, async ({ batches, env, jobId }) => {
      const job = await batches.start(requests(3), { jobId, ...quick, searchAttributes: true });
      await job.report();
      const handle = env.client.workflow.getHandle(jobId);
      await eventually(async () => {
        const { typedSearchAttributes } = await handle.describe();
        return ATTRIBUTES[0] && typedSearchAttributes.get(ATTRIBUTES[0]) === 'completed';
      }, 'the status');
      const { typedSearchAttributes: attributes } = await handle.describe();
      expect(ATTRIBUTES.map((key) => attributes.get(key))).toEqual(['completed', 1, 3]);
      await eventually(async () => {
        const query = `MessageBatchesStatus = "completed" AND WorkflowId = "${jobId}"`;
        for await (const { workflowId } of env.client.workflow.list({ query })) {
          return workflowId === jobId;
        }
        return false;
      }, 'the job is found');
    });
  });

  test('that are not registered stop the job with what to do, before anything is paid for', async () => {
    const bare = await createDevServerEnv();
    try {
      await runEngine(bare, { batchTimeMs: 300 }, async ({ batches, jobId, simulator }) => {
        const job = await batches.start(requests(3), { jobId, ...quick, searchAttributes: true });
        await expect(job.report()).rejects.toMatchObject({
          type: 'MessageBatch.BadOptions',
          message: expect.stringContaining('search-attribute create') as string,
        });
        expect(simulator.ledger.counts.create).toBe(0);
        const without = await batches.start(requests(3), { jobId, ...quick });
        expect(await without.report()).toMatchObject({ succeeded: 3 });
      });
    } finally {
      await bare.teardown();
    }
  });
});

describe('a parent of the job', () => {
  test('that is terminated cancels it: what finished is kept', async () => {
    await withEngine({ batchTimeMs: HOUR_MS, cancelTimeMs: 300 }, async (engine) => {
      const { batches, jobId, simulator, store, taskQueue } = engine;
      // Any job brings its input into the store; this one's serves the child.
      const other = await batches.start(requests(2), { jobId: `${jobId}-other`, ...quick });
      await progressWhere(other, isSubmitted, 'the input is in the store');
      const ownTaskQueue = `${taskQueue}-own`;
      const own = await Worker.create({
        connection: engine.env.nativeConnection,
        taskQueue: ownTaskQueue,
        workflowsPath: require.resolve('./fixtures/parent'),
      });
      const running = own.run();
      const parent = await engine.env.client.workflow.start('runJobAsChild', {
        workflowId: `${jobId}-parent`,
        taskQueue: ownTaskQueue,
        args: [
          { requests: { uri: store.uriOf(`jobs/${jobId}-other/requests.jsonl`) }, ...quick },
          { jobId, taskQueue },
        ],
      });
      const job = batches.getHandle(jobId);
      await eventually(
        () => job.progress().then(isSubmitted, () => false),
        'the child has submitted its batch'
      );
      await parent.terminate('by the test');
      const status = async (): Promise<JobProgress['status']> => (await job.progress()).status;
      await eventually(async () => (await status()) === 'canceled', 'the child is canceled');
      expect(await job.report()).toMatchObject({ status: 'canceled', canceled: 2 });
      await other.cancel();
      await other.report();
      own.shutdown();
      await running;
      expect(simulator.ledger.counts).toMatchObject({ create: 2, cancel: 2 });
    });
  });
});
