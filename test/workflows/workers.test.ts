/**
 * Goal: any Worker can stop and another one goes on; one that does not fit does nothing. Method: the whole engine, with
 * Workers that come, go, and have another store, API or key.
 */
import { join } from 'node:path';
import { delaying, startSimulator } from '../../src/simulator';
import { openStore } from '../../src/store/open-store';
import type { Store } from '../../src/store/store';
import {
  eventually,
  HOUR_MS,
  isPaused,
  isSubmitted,
  MINUTE_MS,
  progressWhere,
  requests,
  useEngine,
} from '../helpers/engine';

const withEngine = useEngine();

/** Keeps no Workflow, so that the server gives its Workflows to another one at once when it stops. */
const worker = { maxCachedWorkflows: 0 };

describe('Workers', () => {
  test('one stops, another goes on', async () => {
    await withEngine({ worker }, async (engine) => {
      const { batches, jobId, simulator, startWorker } = engine;
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await engine.worker.stop();
      expect(simulator.ledger.counts.results).toBe(0);
      await startWorker();
      expect(await job.report()).toMatchObject({ succeeded: 3 });
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test('one stops right before it posts, another goes on', async () => {
    await withEngine({ worker }, async (engine) => {
      const { batches, jobId, simulator, startWorker } = engine;
      // The planning lists once, the submission once more, right before it posts.
      const list = simulator.fault({ on: 'list', skip: 1, action: delaying(20_000) });
      const job = await batches.start(requests(3), { jobId });
      await eventually(() => Promise.resolve(list.struck > 0), 'the submission has begun');
      // Without a grace period, as by default: its Activity ends as WorkerShutdown.
      await engine.worker.stop();
      await startWorker();
      expect(await job.report()).toMatchObject({ succeeded: 3 });
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test('with a store that is too slow for the deadline, a Worker tries again with growing delays', async () => {
    await withEngine(
      { worker: null },
      async ({ batches, histories, jobId, startWorker, store }) => {
        let slow = 2;
        const slowStore: Store = {
          ...store,
          list: async (prefix) => {
            const keys = await store.list(prefix);
            // An intent without an end: the submission that wrote it is about to post.
            const ends = keys.filter((key) => key.endsWith('.end.json')).length;
            if (prefix.endsWith('/intents') && keys.length > 2 * ends && slow-- > 0) {
              await new Promise((resolve) => setTimeout(resolve, 2200));
            }
            return keys;
          },
        };
        await startWorker({ store: slowStore });
        const job = await batches.start(requests(1), { jobId, submitTimeout: '1s' });
        expect(await job.report()).toMatchObject({ succeeded: 1 });
        const chunk = (await histories()).find(({ workflowId }) =>
          workflowId.endsWith('/chunk-1-0')
        );
        const timers = (chunk?.history.events ?? [])
          .map(({ timerStartedEventAttributes: timer }) =>
            Number(timer?.startToFireTimeout?.seconds)
          )
          .filter((seconds) => !Number.isNaN(seconds));
        expect(timers.slice(0, 2)).toEqual([2, 6]);
      }
    );
  });

  test('with another store or another API pay for nothing; the job says so and goes on with the right one', async () => {
    const other = await startSimulator({ now: () => withEngine.env.currentTimeMs() });
    try {
      await withEngine({ worker }, async (engine) => {
        const { batches, folder, jobId, simulator, startWorker } = engine;
        const job = await batches.start(requests(3), { jobId, checkMax: '10m' });
        await job.pause();
        await progressWhere(job, ({ batches: known }) => known.length === 0, 'it is known');
        await progressWhere(job, ({ phase }) => phase === 'running', 'it is planned');
        await engine.worker.stop();
        const wrongApi = await startWorker({ ...worker, baseUrl: other.url });
        await job.resume();
        const first = await progressWhere(job, isPaused, 'a pause');
        expect(first.paused_reason).toContain(other.url);
        expect(first.paused_reason).toContain(simulator.url);
        await wrongApi.stop();
        const otherStore = await openStore(join(folder, 'other'));
        const wrongStore = await startWorker({ ...worker, store: otherStore });
        await engine.env.sleep(30 * MINUTE_MS);
        const second = await progressWhere(
          job,
          ({ paused_reason }) => paused_reason?.includes('store') === true,
          'a pause for the store'
        );
        expect(second.status).toBe('paused');
        expect(simulator.ledger.counts.create + other.ledger.counts.create).toBe(0);
        await wrongStore.stop();
        await startWorker();
        // By itself: no person resumes it.
        expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 1 });
        expect(await job.progress()).toMatchObject({ status: 'completed', paused_reason: null });
        expect(simulator.ledger.counts.create).toBe(1);
      });
    } finally {
      await other.close();
    }
  });

  test('with another store at a check: the batch waits, the pause holds until a check works', async () => {
    await withEngine({ worker }, async (engine) => {
      const { batches, folder, jobId, simulator, startWorker } = engine;
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await engine.worker.stop();
      const otherStore = await openStore(join(folder, 'other'));
      const wrong = await startWorker({ ...worker, store: otherStore });
      await engine.env.sleep(10 * MINUTE_MS);
      const paused = await progressWhere(job, isPaused, 'a pause');
      expect(paused.paused_reason).toContain('store');
      await engine.env.sleep(2 * HOUR_MS);
      expect(await job.progress()).toMatchObject({ status: 'paused' });
      await wrong.stop();
      await startWorker();
      expect(await job.report()).toMatchObject({ succeeded: 3 });
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test.each([
    { name: 'no key', wrongKey: null },
    { name: 'a wrong key', wrongKey: 'sk-ant-wrong' },
  ])('with $name: a pause with the reason; resume goes on', async ({ wrongKey }) => {
    const owner = { organizationId: 'org-1', workspaceId: 'wrkspc_1' };
    const settings = { keys: { right: owner }, worker: { ...worker, apiKey: wrongKey } };
    await withEngine(settings, async (engine) => {
      const { batches, jobId, simulator, startWorker } = engine;
      const job = await batches.start(requests(2), { jobId });
      const paused = await progressWhere(job, isPaused, 'a pause');
      expect(paused).toMatchObject({ phase: 'planning', requests: 0 });
      expect(paused.paused_reason).toMatch(/key|401/);
      await engine.worker.stop();
      await startWorker({ apiKey: 'right' });
      await job.resume({ kind: 'account' });
      expect(await job.report()).toMatchObject({ succeeded: 2 });
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });
});
