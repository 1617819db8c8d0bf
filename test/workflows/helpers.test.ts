/**
 * Goal: users' own Workflow code runs and controls jobs through `./workflow`, and `./workflows` registers nothing but our
 * Workflows. Method: a user's Workflow module on a Worker of its own, on the test server.
 */
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { WORKFLOW_TYPE } from '../../src/contract/names';
import * as workflows from '../../workflows';
import { progressQuery } from '../../workflows/helpers';
import {
  eventually,
  HOUR_MS,
  isSubmitted,
  progressWhere,
  requests,
  silentLogger,
  useEngine,
  type Engine,
} from '../helpers/engine';

const withEngine = useEngine();
let code: string;
beforeAll(async () => {
  ({ code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('./fixtures/parent'),
    logger: silentLogger(),
  }));
});

/** Runs a user's Worker, which has Workflows and no Activities, beside the engine's. */
async function withOwnWorker(
  { taskQueue }: Engine,
  run: (ownTaskQueue: string) => Promise<void>
): Promise<void> {
  const ownTaskQueue = `${taskQueue}-own`;
  const worker = await Worker.create({
    connection: withEngine.env.nativeConnection,
    taskQueue: ownTaskQueue,
    workflowBundle: { code },
  });
  await worker.runUntil(run(ownTaskQueue));
}

test('the module of Workflows exports Workflows and nothing else: every export becomes a Workflow type', () => {
  expect(Object.keys(workflows).sort()).toEqual(Object.values(WORKFLOW_TYPE).sort());
});

describe('executeMessageBatchJob', () => {
  test("runs a job from a user's Workflow on another task queue; cancelling that one cancels the job", async () => {
    await withEngine({}, async (engine) => {
      const { batches, jobId, simulator, store, taskQueue } = engine;
      await withOwnWorker(engine, async (ownTaskQueue) => {
        const { uri } = await store.write('input/requests.jsonl', lines(3));
        const start = (id: string) =>
          withEngine.env.client.workflow.start('runJobAsChild', {
            workflowId: `${id}-parent`,
            taskQueue: ownTaskQueue,
            args: [{ requests: { uri } }, { jobId: id, taskQueue }],
          });
        expect(await (await start(jobId)).result()).toMatchObject({ succeeded: 3 });
        const parent = await start(`${jobId}-2`);
        const job = batches.getHandle(`${jobId}-2`);
        await eventually(
          () => Promise.resolve(simulator.ledger.batches.length === 2),
          'the child has submitted'
        );
        await parent.cancel();
        await expect(parent.result()).rejects.toMatchObject({
          cause: { name: 'CancelledFailure' },
        });
        expect(await job.report()).toMatchObject({ status: 'canceled', canceled: 3 });
      });
    });
  });
});

describe('the definitions of Signals and Query', () => {
  test("control a job from a user's Workflow, and ask one from a client", async () => {
    await withEngine({ batchTimeMs: HOUR_MS }, async (engine) => {
      const { batches, jobId } = engine;
      await withOwnWorker(engine, async (ownTaskQueue) => {
        const job = await batches.start(requests(2), { jobId });
        await progressWhere(job, isSubmitted, 'the batch is at the API');
        await withEngine.env.client.workflow.execute('signalEverything', {
          workflowId: `${jobId}-signals`,
          taskQueue: ownTaskQueue,
          args: [jobId],
        });
        expect(await job.report()).toMatchObject({ status: 'canceled', canceled: 2 });
        const { events = [] } = await withEngine.env.client.workflow
          .getHandle(jobId)
          .fetchHistory();
        const signals = (events ?? []).flatMap(
          ({ workflowExecutionSignaledEventAttributes: signaled }) => signaled?.signalName ?? []
        );
        expect(signals.filter((name) => !name.startsWith('messageBatch'))).toEqual([
          'pause',
          'checkNow',
          'resume',
          'pause',
          'cancel',
        ]);
        const progress = await withEngine.env.client.workflow.getHandle(jobId).query(progressQuery);
        expect(progress).toMatchObject({ job_id: jobId, status: 'canceled', canceled: 2 });
      });
    });
  });
});

function lines(count: number): string {
  return requests(count)
    .map((request) => JSON.stringify(request))
    .join('\n');
}
