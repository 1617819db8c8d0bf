/**
 * Goal: the code of docs/integration.md works beside what else a Worker has. Method: its examples run unchanged on the dev
 * server and the simulator, with batches of a second.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { buildBundle, createWorker } from '../../examples/integrations/bundle';
import { encryptedWith } from '../../examples/integrations/codec';
import { scheduleNightly } from '../../examples/integrations/schedule';
import { createTracing } from '../../examples/integrations/tracing';
import { MessageBatches, MessageBatchesPlugin } from '../../src/index';
import {
  eventually,
  requests,
  useEngine,
  workflowBundle,
  type Engine,
  type EngineSettings,
} from '../helpers/engine';
import { createDevServerEnv } from '../helpers/temporal';
import { variablesOf, withVariables } from './variables';

const WORKFLOWS = require.resolve('../../workflows');
const quick = { checkMin: '100ms', checkMax: '300ms' } as const;

const withEngine = useEngine({ createEnv: createDevServerEnv });

/** An engine without a Worker: the examples bring theirs, configured by variables. */
async function withExample(
  run: (engine: Engine) => Promise<void>,
  settings: EngineSettings = {}
): Promise<void> {
  await withEngine({ worker: null, batchTimeMs: 1000, ...settings }, async (engine) => {
    await withVariables(variablesOf(engine), () => run(engine));
  });
}

/** Everything that Temporal stores of a Workflow, payloads decoded from base64. */
async function storedText(engine: Engine): Promise<string> {
  return (await engine.histories()).map(({ json }) => json).join('\n');
}

describe('a pre-built bundle', () => {
  test('is built with the plugin and serves jobs', async () => {
    await withExample(async ({ batches, folder, jobId, taskQueue }) => {
      const codePath = join(folder, 'bundle.js');
      await buildBundle(WORKFLOWS, codePath);
      const worker = await createWorker(codePath, {
        connection: withEngine.env.nativeConnection,
        taskQueue,
      });
      await worker.runUntil(async () => {
        const job = await batches.start(requests(2), { jobId, ...quick });
        expect(await job.report()).toMatchObject({ succeeded: 2 });
      });
    });
  });
});

describe('a payload codec', () => {
  test('leaves nothing readable in the history, and Queries and Signals work through it', async () => {
    await withExample(async (engine) => {
      const { batches: withoutKey, jobId, store, taskQueue } = engine;
      const dataConverter = encryptedWith(randomBytes(32));
      const { code } = await workflowBundle();
      const worker = await Worker.create({
        connection: withEngine.env.nativeConnection,
        taskQueue,
        workflowBundle: { code },
        dataConverter,
        plugins: [new MessageBatchesPlugin()],
      });
      const client = new Client({ connection: withEngine.env.connection, dataConverter });
      const batches = new MessageBatches({ client, store, taskQueue });
      await worker.runUntil(async () => {
        const job = await batches.start(requests(2), { jobId, ...quick });
        await job.pause();
        await eventually(async () => (await job.progress()).status === 'paused', 'a paused job');
        await job.resume();
        expect(await job.report()).toMatchObject({ succeeded: 2 });
        expect(await job.progress()).toMatchObject({ status: 'completed' });
        const unreadable = withoutKey.getHandle(jobId).progress();
        await expect(unreadable).rejects.toThrow('Unknown encoding: binary/encrypted');
      });
      const stored = await storedText(engine);
      expect(stored.includes(Buffer.from('binary/encrypted').toString('base64'))).toBe(true);
      expect(/requests\.jsonl|checkMin|msgbatch_|succeeded/.exec(stored)?.[0]).toBeUndefined();
    });
  });
});

describe('OpenTelemetry', () => {
  test('traces a job from the client to each Activity, in one trace', async () => {
    await withExample(async ({ jobId, store, taskQueue }) => {
      const exporter = new InMemorySpanExporter();
      const tracing = createTracing(new SimpleSpanProcessor(exporter));
      const worker = await Worker.create({
        connection: withEngine.env.nativeConnection,
        taskQueue,
        workflowsPath: WORKFLOWS,
        plugins: [tracing, new MessageBatchesPlugin()],
      });
      const client = new Client({ connection: withEngine.env.connection, plugins: [tracing] });
      const batches = new MessageBatches({ client, store, taskQueue });
      await worker.runUntil(async () => {
        const job = await batches.start(requests(2), { jobId, ...quick });
        expect(await job.report()).toMatchObject({ succeeded: 2 });
      });
      const spans = exporter.getFinishedSpans();
      const start = spans.find(({ name }) => name === 'StartWorkflow:messageBatchJob');
      const traceId = start?.spanContext().traceId;
      const traced = spans
        .filter((span) => span.spanContext().traceId === traceId)
        .map(({ name }) => name);
      expect(traced).toEqual(
        expect.arrayContaining([
          'RunWorkflow:messageBatchJob',
          'RunActivity:messageBatchPlan',
          'StartChildWorkflow:messageBatchChunk',
          'RunActivity:messageBatchSubmit',
          'RunActivity:messageBatchCollect',
          'RunActivity:messageBatchFinish',
        ])
      );
    });
  });
});

describe('a Schedule', () => {
  test('starts a job of its own each time', async () => {
    await withExample(
      async ({ batches, jobId, store, taskQueue, simulator }) => {
        const { uri } = await store.write('nightly/requests.jsonl', linesOf(2));
        const input = { requests: { uri }, ...quick };
        const schedule = await scheduleNightly(withEngine.env.client, jobId, input, taskQueue);
        expect((await schedule.describe()).info.nextActionTimes).not.toHaveLength(0);
        const started = new Set<string>();
        for (const count of [1, 2]) {
          await schedule.trigger();
          const id = await eventually(async () => {
            const { recentActions } = (await schedule.describe()).info;
            return recentActions
              .map(({ action }) => action.workflow.workflowId)
              .find((workflowId) => !started.has(workflowId));
          }, 'a started job');
          started.add(id);
          const job = batches.getHandle(id);
          expect(await job.report()).toMatchObject({ job_id: id, succeeded: 2 });
          expect(simulator.ledger.counts.create).toBe(count);
        }
        expect([...started].every((id) => id.startsWith(jobId))).toBe(true);
        await schedule.delete();
      },
      { worker: {} }
    );
  });
});

function linesOf(count: number): string {
  return requests(count)
    .map((request) => JSON.stringify(request))
    .join('\n');
}
