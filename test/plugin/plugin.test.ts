/**
 * Goal: one line gives a Worker what it needs, beside whatever else it has, and one that lacks our Workflows refuses to
 * start. Method: real Workers on the test server.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { Client } from '@temporalio/client';
import { SimplePlugin } from '@temporalio/plugin';
import { bundleWorkflowCode, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { MessageBatchesPlugin } from '../../src/index';
import { checkBundle } from '../../src/plugin/bundle-check';
import {
  API_KEY,
  requests,
  silentLogger,
  useEngine,
  workflowBundle,
  type Engine,
} from '../helpers/engine';

const withEngine = useEngine();
let folder: string;
beforeAll(async () => {
  // Inside of the project: a Workflow module finds its packages from where it lies.
  folder = await mkdtemp(join(__dirname, '.workflows-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function pluginOf({ simulator, store }: Engine): MessageBatchesPlugin {
  const client = () => new Anthropic({ apiKey: API_KEY, baseURL: simulator.url });
  return new MessageBatchesPlugin({ store, clients: { default: client } });
}

/** Runs a job on a Worker with these options and nothing else. */
async function expectRuns(
  { batches, jobId, taskQueue }: Engine,
  options: Partial<WorkerOptions>
): Promise<void> {
  const worker = await Worker.create({
    connection: withEngine.env.nativeConnection,
    taskQueue,
    ...options,
  });
  await worker.runUntil(async () => {
    const job = await batches.start(requests(2), { jobId });
    expect(await job.report()).toMatchObject({ succeeded: 2 });
  });
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

async function moduleOf(text: string): Promise<string> {
  const path = join(folder, randomUUID(), 'index.ts');
  await mkdir(join(path, '..'));
  await writeFile(path, text);
  return path;
}

const OTHER_WORKFLOW = 'export async function greet(): Promise<string> { return "hello"; }\n';

describe('MessageBatchesPlugin', () => {
  test('runs jobs from a module that re-exports the Workflows, beside other plugins and interceptors', async () => {
    await withEngine({ worker: null }, async (engine) => {
      const index = JSON.stringify(join(__dirname, '../../workflows'));
      const workflowsPath = await moduleOf(`${OTHER_WORKFLOW}export * from ${index};\n`);
      const seen: string[] = [];
      const other = new SimplePlugin({
        name: 'test.OtherPlugin',
        activities: { otherActivity: () => Promise.resolve('other') },
      });
      const worker = await Worker.create({
        connection: withEngine.env.nativeConnection,
        taskQueue: engine.taskQueue,
        workflowsPath,
        activities: { ownActivity: () => Promise.resolve('own') },
        interceptors: {
          activity: [
            ({ info }) => ({
              inbound: {
                execute: async (input, next) => {
                  seen.push(info.activityType);
                  return next(input);
                },
              },
            }),
          ],
        },
        plugins: [other, pluginOf(engine)],
      });
      const { batches, jobId, taskQueue } = engine;
      await worker.runUntil(async () => {
        const job = await batches.start(requests(2), { jobId });
        expect(await job.report()).toMatchObject({ succeeded: 2 });
        const greeting: unknown = await withEngine.env.client.workflow.execute('greet', {
          workflowId: `${jobId}-greet`,
          taskQueue,
        });
        expect(greeting).toBe('hello');
      });
      expect(seen).toContain('messageBatchCollect');
      expect([...(worker.options.activities as Map<string, unknown>).keys()]).toEqual(
        expect.arrayContaining(['ownActivity', 'otherActivity', 'messageBatchSubmit'])
      );
    });
  });

  test.each([
    { name: 'without a key is warned once', key: '', warnings: 1 },
    { name: 'with a key is not warned', key: API_KEY, warnings: 0 },
  ])('a Worker $name', async ({ key, warnings }) => {
    const { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_AUTH_TOKEN: token } = process.env;
    const warn = jest.spyOn(Runtime.instance().logger, 'warn').mockImplementation();
    try {
      process.env['ANTHROPIC_API_KEY'] = key;
      delete process.env['ANTHROPIC_AUTH_TOKEN'];
      const { client, nativeConnection: connection } = withEngine.env;
      const taskQueue = randomUUID();
      const plugin = new MessageBatchesPlugin({ store: folder });
      const worker = await Worker.create({
        connection,
        taskQueue,
        workflowBundle: await workflowBundle(),
        plugins: [plugin, new MessageBatchesPlugin({ store: folder })],
      });
      // A job without input ends before it needs a key.
      const job = { workflowId: taskQueue, taskQueue, args: [{}] };
      await expect(
        worker.runUntil(client.workflow.execute('messageBatchJob', job))
      ).rejects.toThrow('Workflow execution failed');
      const texts = warn.mock.calls.map(([text]) => text);
      expect(texts.filter((text) => text.includes('set ANTHROPIC_API_KEY'))).toHaveLength(warnings);
    } finally {
      warn.mockRestore();
      restore('ANTHROPIC_API_KEY', apiKey);
      restore('ANTHROPIC_AUTH_TOKEN', token);
    }
  });

  test('can be applied twice, and through a client', async () => {
    await withEngine({ worker: null }, async (engine) => {
      const plugin = pluginOf(engine);
      const { code } = await workflowBundle();
      await expectRuns(engine, { workflowBundle: { code }, plugins: [plugin, plugin] });
      const client = new Client({ connection: withEngine.env.connection, plugins: [plugin] });
      const { status } = await client.workflow.getHandle(engine.jobId).describe();
      expect(status.name).toBe('COMPLETED');
    });
  });

  test('takes a bundle from code or from a file that was made with or without it', async () => {
    await withEngine({ worker: null }, async (engine) => {
      const plugins = [pluginOf(engine)];
      const { code } = await bundleWorkflowCode({
        workflowsPath: require.resolve('../../workflows'),
        logger: silentLogger(),
        plugins,
      });
      const codePath = join(folder, 'bundle.js');
      await writeFile(codePath, code);
      await expectRuns(engine, { workflowBundle: { codePath }, plugins });
    });
  });

  test('refuses Workflows that lack ours, and says what to add', async () => {
    const workflowsPath = await moduleOf(OTHER_WORKFLOW);
    const plugins = [new MessageBatchesPlugin({ store: join(folder, 'store') })];
    const base = { connection: withEngine.env.nativeConnection, taskQueue: 'none', plugins };
    const says = "export * from 'temporal-message-batches/workflows'";
    const logger = silentLogger();
    await expect(Worker.create({ ...base, workflowsPath })).rejects.toThrow(says);
    const { code } = await bundleWorkflowCode({ workflowsPath, logger });
    expect(checkBundle(code)).toBe('missing');
    await expect(Worker.create({ ...base, workflowBundle: { code } })).rejects.toThrow(says);
    const codePath = join(folder, 'other.js');
    await writeFile(codePath, code);
    await expect(Worker.create({ ...base, workflowBundle: { codePath } })).rejects.toThrow(says);
    await expect(bundleWorkflowCode({ workflowsPath, logger, plugins })).rejects.toThrow(says);
  });

  test('refuses an Activity of another with a name of ours', async () => {
    const { code } = await workflowBundle();
    const clash = Worker.create({
      connection: withEngine.env.nativeConnection,
      taskQueue: 'none',
      workflowBundle: { code },
      activities: { messageBatchCheck: () => Promise.resolve() },
      plugins: [new MessageBatchesPlugin({ store: join(folder, 'store') })],
    });
    await expect(clash).rejects.toThrow('`messageBatchCheck` belongs to temporal-message-batches');
  });

  test('serves Activities alone, where another Worker has the Workflows', async () => {
    await withEngine({ worker: null }, async (engine) => {
      const { code } = await workflowBundle();
      const { taskQueue } = engine;
      const connection = withEngine.env.nativeConnection;
      const workflows = await Worker.create({ connection, taskQueue, workflowBundle: { code } });
      await workflows.runUntil(expectRuns(engine, { plugins: [pluginOf(engine)] }));
    });
  });

  test('replays histories without a store, a key or a call', async () => {
    await withEngine({}, async ({ batches, histories, jobId, simulator }) => {
      await (await batches.start(requests(2), { jobId })).report();
      const calls = simulator.ledger.calls.length;
      const recorded = (await histories()).map(({ workflowId, history }) => ({
        workflowId,
        history,
      }));
      const { code } = await workflowBundle();
      const plugins = [new MessageBatchesPlugin({ store: join(folder, 'nowhere') })];
      const replays = Worker.runReplayHistories({ workflowBundle: { code }, plugins }, recorded);
      const errors: unknown[] = [];
      for await (const { error } of replays) errors.push(error);
      expect(errors).toEqual([undefined, undefined]);
      expect(simulator.ledger.calls).toHaveLength(calls);
    });
  });
});
