/**
 * The runs whose histories are kept: each a way through the Workflows that a later version must still be able to replay.
 */
import { dropping, errored, expired, failing, type SimulatorOptions } from '../../src/simulator';
import type { MessageBatches } from '../../src/index';
import { eventually, HOUR_MS, MINUTE_MS, numberOf, requests, type Engine } from '../helpers/engine';

export interface Scenario {
  readonly simulator: SimulatorOptions;
  /** Runs a job to its end. */
  readonly run: (engine: Engine) => Promise<void>;
}

type StartOptions = NonNullable<Parameters<MessageBatches['start']>[1]>;

async function runJob(
  { batches, jobId }: Engine,
  count: number,
  options: StartOptions = {}
): Promise<void> {
  await (await batches.start(requests(count), { jobId, ...options })).report();
}

async function submitted({ batches, jobId }: Engine): Promise<void> {
  const job = batches.getHandle(jobId);
  await eventually(async () => {
    const { batches: known } = await job.progress();
    return known.length > 0 && known.every(({ phase }) => phase === 'processing');
  }, 'every batch is submitted');
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  plain: {
    simulator: { batchTimeMs: 2 * HOUR_MS },
    run: (engine) => runJob(engine, 5),
  },
  retries: {
    simulator: {
      result: ({ params, attempt }) => {
        const number = numberOf(params);
        if (number === 0 && attempt === 1) return expired();
        if (number === 1 && attempt < 3) return errored('overloaded_error');
        return number === 2 ? errored('invalid_request_error') : undefined;
      },
    },
    run: (engine) => runJob(engine, 5),
  },
  cancel: {
    simulator: { batchTimeMs: 4 * HOUR_MS },
    run: async (engine) => {
      const job = await engine.batches.start(requests(6), { jobId: engine.jobId });
      await submitted(engine);
      await engine.env.sleep(2 * HOUR_MS);
      await job.cancel();
      await job.report();
    },
  },
  'cancel-by-temporal': {
    simulator: { batchTimeMs: 4 * HOUR_MS },
    run: async (engine) => {
      const job = await engine.batches.start(requests(6), { jobId: engine.jobId });
      await submitted(engine);
      await engine.env.client.workflow.getHandle(engine.jobId).cancel();
      await job.report();
    },
  },
  pause: {
    simulator: { faults: [{ on: 'create', action: failing(401) }] },
    run: async (engine) => {
      const job = await engine.batches.start(requests(3), { jobId: engine.jobId });
      await eventually(async () => (await job.progress()).status === 'paused', 'a pause');
      await job.pause();
      await job.resume();
      await job.checkNow();
      await job.report();
    },
  },
  adoption: {
    simulator: {
      batchTimeMs: 30 * MINUTE_MS,
      faults: [{ on: 'create', stage: 'executed', action: dropping() }],
    },
    run: (engine) => runJob(engine, 3),
  },
};
