/**
 * Goal: a Workflow under a job's id that is not that job is neither attached to, waited for nor signaled. Method: a
 * Workflow of another type, and a job on another task queue, on the test server.
 */
import { findMessageBatchFailure, MessageBatches } from '../../src/index';
import { describeForeign } from '../../src/client/execution';
import { requests, useEngine, type Engine } from '../helpers/engine';

const withEngine = useEngine();

test.each<[type: string, taskQueue: string, isRunning: boolean, says: RegExp]>([
  ['messageBatchJob', 'ours', true, /^its own$/],
  ['messageBatchJob', 'ours', false, /^its own$/],
  ['messageBatchJob', 'theirs', false, /^its own$/],
  ['messageBatchJob', 'theirs', true, /"nightly" runs on the task queue theirs, .* uses ours/],
  ['messageBatchChunk', 'ours', true, /its type is messageBatchChunk/],
  ['orders', 'ours', true, /"nightly" is not a job .* its type is orders/],
  ['orders', 'ours', false, /its type is orders/],
])('%s on %s, running: %s', (type, taskQueue, isRunning, says) => {
  const sentence = describeForeign(
    { jobId: 'nightly', taskQueue: 'ours' },
    { type, taskQueue, isRunning }
  );
  expect(sentence ?? 'its own').toMatch(says);
});

/** Names of the Signals that reached a Workflow. */
async function signalsOf({ env }: Engine, workflowId: string): Promise<string[]> {
  const { events } = await env.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(
    ({ workflowExecutionSignaledEventAttributes: signaled }) => signaled?.signalName ?? []
  );
}

/** Fails when a call takes long: a foreign Workflow may never end. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const waited = new Promise<string>((resolve) => {
    setTimeout(resolve, 5_000, 'still waiting');
  });
  const outcome = call.then(
    () => 'accepted',
    (error: unknown) => findMessageBatchFailure(error)?.type ?? String(error)
  );
  return Promise.race([outcome, waited]);
}

const MISMATCH = 'MessageBatch.JobMismatch';

async function expectNothingReaches(engine: Engine, batches: MessageBatches): Promise<void> {
  const { jobId, store } = engine;
  const before = await store.list('');
  const job = batches.getHandle(jobId);
  expect(await refusal(batches.start(requests(1), { jobId }))).toBe(MISMATCH);
  for (const call of [
    () => job.cancel(),
    () => job.pause(),
    () => job.resume(),
    () => job.checkNow(),
    () => job.progress(),
    () => job.report(),
    () => job.results().next(),
  ]) {
    expect(await refusal(call())).toBe(MISMATCH);
  }
  expect(await batches.isRunning(jobId)).toBe(false);
  expect(await store.list('')).toEqual(before);
}

test('a Workflow of another type is left alone, and once it has ended its id is free', async () => {
  await withEngine({ batchTimeMs: 10 }, async (engine) => {
    const { batches, env, jobId, taskQueue } = engine;
    const foreign = await env.client.workflow.start('orders', {
      workflowId: jobId,
      taskQueue: `${taskQueue}-orders`,
    });
    await expectNothingReaches(engine, batches);
    expect(await signalsOf(engine, jobId)).toEqual([]);
    await foreign.terminate();
    const job = batches.getHandle(jobId);
    expect(await refusal(job.report())).toBe(MISMATCH);
    // Where a Workflow has never run, the test server skips no time.
    await (await batches.start(requests(1), { jobId, checkMin: '50ms' })).report();
    expect(await job.report()).toMatchObject({ succeeded: 1 });
  });
});

test('a job on another task queue is left alone until the client uses its task queue', async () => {
  await withEngine({ batchTimeMs: 10 }, async (engine) => {
    const { batches, env, jobId, store, taskQueue } = engine;
    const job = await batches.start(requests(1), { jobId, checkMin: '5s' });
    const other = new MessageBatches({ client: env.client, store, taskQueue: `${taskQueue}-2` });
    await expectNothingReaches(engine, other);
    const signals = await signalsOf(engine, jobId);
    expect(signals.filter((name) => !name.startsWith('messageBatch'))).toEqual([]);
    // Its report is in the store, for every client of it.
    const report = await job.report();
    expect(await other.getHandle(jobId).report()).toEqual(report);
  });
});
