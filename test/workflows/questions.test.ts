/**
 * Goal: a person's answer counts for the chunk that asked, and for no other. Method: two chunks lose their answers at the
 * same time, the POST of one never arrived and that of the other was accepted; the ledger counts what is paid.
 */
import { setTimeout } from 'node:timers/promises';
import { hanging, type Fault } from '../../src/simulator';
import { eventually, requests, useEngine, type Engine } from '../helpers/engine';

const withEngine = useEngine();

const settings = { worker: { chunkLimits: { requestsMax: 3, bytesMax: 1_000_000 } } };

/** Whether a call submits this chunk of round 1. */
function submits(chunk: number): NonNullable<Fault['when']> {
  return ({ customIds }) => customIds()[0]?.includes(`_1_${chunk}_`) === true;
}

/** Two chunks of three requests without an answer: the POST of 1-0 never arrived, that of 1-1 was accepted. */
async function loseTwoAnswers({ batches, jobId, simulator }: Engine) {
  const never = simulator.fault({
    on: 'create',
    stage: 'read',
    when: submits(0),
    action: hanging(),
  });
  const accepted = simulator.fault({
    on: 'create',
    stage: 'executed',
    when: submits(1),
    action: hanging(),
  });
  const options = { jobId, lostAnswer: 'ask', submitTimeout: '3s' } as const;
  const job = await batches.start(requests(6), options);
  await eventually(() => Promise.resolve(never.struck + accepted.struck === 2), 'two POSTs');
  await setTimeout(6_000);
  return { job, batchId: simulator.ledger.batches[0]?.id ?? '' };
}

describe('an answer without a chunk while two chunks ask', () => {
  test('"absent" is not taken by both: nothing is paid twice', async () => {
    await withEngine(settings, async (engine) => {
      const { env, jobId, simulator } = engine;
      await loseTwoAnswers(engine);
      const handle = env.client.workflow.getHandle(jobId);
      await handle.signal('resume', { submission: 'absent' });
      await setTimeout(4_000);
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test("a batch's id is not taken by both: each request keeps its result", async () => {
    await withEngine(settings, async (engine) => {
      const { env, jobId, store } = engine;
      const { batchId } = await loseTwoAnswers(engine);
      const handle = env.client.workflow.getHandle(jobId);
      await handle.signal('resume', { submission: batchId });
      await setTimeout(4_000);
      expect(await store.size(`jobs/${jobId}/chunks/1-0/batch.json`)).toBeUndefined();
    });
  });
});
