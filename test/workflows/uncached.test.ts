/**
 * Goal: nothing leans on a Workflow that stays in memory. Method: Workers without a cache, so that every Workflow Task
 * replays the whole history from its start.
 */
import { errored } from '../../src/simulator';
import {
  HOUR_MS,
  isPaused,
  isSubmitted,
  numberOf,
  progressWhere,
  requests,
  useEngine,
} from '../helpers/engine';

const withEngine = useEngine();

const worker = { maxCachedWorkflows: 0, chunkLimits: { requestsMax: 4, bytesMax: 1_000_000 } };

describe('a Worker that caches no Workflow', () => {
  test('runs two chunks, a pause and a retry round', async () => {
    const result = ({
      params,
      attempt,
    }: {
      params: Readonly<Record<string, unknown>>;
      attempt: number;
    }) => (numberOf(params) === 1 && attempt === 1 ? errored('api_error') : undefined);
    await withEngine({ worker, result }, async ({ batches, jobId, simulator }) => {
      // Each query replays the whole history before it.
      const job = await batches.start(requests(6), { jobId, checkMin: '1h', checkMax: '8h' });
      await progressWhere(job, isSubmitted, 'both chunks are submitted');
      await job.pause();
      await progressWhere(job, isPaused, 'a pause');
      await job.resume();
      await progressWhere(job, ({ status }) => status === 'running', 'the pause is over');
      expect(await job.report()).toMatchObject({ succeeded: 6, rounds: 2 });
      expect(simulator.ledger.batches.flatMap(({ requests: sent }) => sent)).toHaveLength(7);
    });
  });

  test('cancels', async () => {
    const settings = { worker, batchTimeMs: 3 * HOUR_MS };
    await withEngine(settings, async ({ batches, jobId, simulator }) => {
      const job = await batches.start(requests(4), { jobId, checkMin: '1h', checkMax: '8h' });
      await progressWhere(job, isSubmitted, 'the chunk is submitted');
      await job.cancel();
      expect(await job.report()).toMatchObject({ status: 'canceled', canceled: 4 });
      expect(simulator.ledger.counts).toMatchObject({ create: 1, cancel: 1 });
    });
  });
});
