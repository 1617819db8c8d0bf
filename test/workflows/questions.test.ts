/**
 * Goal: a person's answer counts for the chunk that asked, and for no other. Method: two chunks lose their answers at the
 * same time, the POST of one never arrived and that of the other was accepted; the ledger counts what is paid.
 */
import type { JobHandle, JobProgress } from '../../src/index';
import { dropping, failing, hanging, type Fault } from '../../src/simulator';
import {
  eventually,
  HOUR_MS,
  isPaused,
  isSubmitted,
  MINUTE_MS,
  progressWhere,
  requests,
  useEngine,
  type Engine,
} from '../helpers/engine';

const withEngine = useEngine();

const settings = { worker: { chunkLimits: { requestsMax: 3, bytesMax: 1_000_000 } } };

/** Whether a call submits this chunk of round 1. */
function submits(chunk: number): NonNullable<Fault['when']> {
  return ({ customIds }) => customIds()[0]?.includes(`_1_${chunk}_`) === true;
}

function asking(count: number): (progress: JobProgress) => boolean {
  return ({ questions }) => questions.length === count;
}

/** Two chunks of three requests without an answer: the POST of 1-0 never arrived, that of 1-1 was accepted. */
async function loseTwoAnswers({ batches, jobId, simulator }: Engine): Promise<{
  job: JobHandle;
  batchId: `msgbatch_${string}`;
}> {
  simulator.fault({ on: 'create', stage: 'read', when: submits(0), action: hanging() });
  simulator.fault({ on: 'create', stage: 'executed', when: submits(1), action: hanging() });
  const options = { jobId, lostAnswer: 'ask', submitTimeout: '3s' } as const;
  const job = await batches.start(requests(6), options);
  await progressWhere(job, asking(2), 'two questions');
  return { job, batchId: simulator.ledger.batches[0]?.id as `msgbatch_${string}` };
}

describe('two chunks that lost their answers', () => {
  test.each(['absent', 'the id'])(
    'an answer without a chunk (%s) is ignored and named in the questions',
    async (which) => {
      await withEngine(settings, async (engine) => {
        const { env, jobId, simulator, store } = engine;
        const { job, batchId } = await loseTwoAnswers(engine);
        const submission = which === 'absent' ? 'absent' : batchId;
        await env.client.workflow.getHandle(jobId).signal('resume', { submission });
        const { questions } = await progressWhere(
          job,
          (progress) => progress.questions[0]?.reason.includes('was ignored') === true,
          'the refusal'
        );
        expect(questions.map(({ chunk, kind }) => [chunk, kind])).toEqual([
          ['1-0', 'submission'],
          ['1-1', 'submission'],
        ]);
        expect(questions[1]?.reason).toContain('2 chunks ask a question');
        const refused = await job.answer({ submission }).catch((error: unknown) => error);
        expect((refused as Error).message).toContain('--chunk 1-1 --submission absent');
        expect(simulator.ledger.batches).toHaveLength(1);
        expect(await store.size(`jobs/${jobId}/chunks/1-0/batch.json`)).toBeUndefined();
        // A job that is left running would keep the test server from skipping time.
        await job.answer({ chunk: '1-0', submission: 'absent' });
        await job.answer({ chunk: '1-1', submission: batchId });
        expect(await job.report()).toMatchObject({ succeeded: 6, missing: 0 });
        expect(simulator.ledger.batches).toHaveLength(2);
      });
    }
  );

  test('each takes its own answer: nothing is paid twice, nothing is missing', async () => {
    await withEngine(settings, async (engine) => {
      const { simulator } = engine;
      const { job, batchId } = await loseTwoAnswers(engine);
      await job.answer({ chunk: '1-1', submission: batchId });
      const { questions } = await progressWhere(job, asking(1), 'one question');
      const [first] = questions;
      expect(first?.chunk).toBe('1-0');
      // That of another time, and of another kind.
      const question = (first?.question ?? 0) - 1;
      await expect(job.answer({ chunk: '1-0', question, submission: 'absent' })).rejects.toThrow();
      await expect(job.answer({ chunk: '1-0', batch: 'gone' })).rejects.toThrow('asks for');
      await job.answer({ submission: 'absent' });
      expect(await job.report()).toMatchObject({ succeeded: 6, missing: 0, rounds: 1 });
      expect(simulator.ledger.batches).toHaveLength(2);
    });
  });
});

test('a chunk that still searches takes no answer', async () => {
  await withEngine(settings, async ({ batches, env, jobId, simulator }) => {
    simulator.fault({ on: 'create', stage: 'read', when: submits(0), action: dropping() });
    simulator.fault({ on: 'create', stage: 'executed', when: submits(1), action: dropping() });
    const job = await batches.start(requests(5), { jobId, lostAnswerWait: '100h', checkMax: '5m' });
    await progressWhere(
      job,
      ({ batches: known }) =>
        known.length === 2 &&
        known.every(({ phase }) => phase === 'reconciling') &&
        known.some(({ note }) => note?.includes('msgbatch_')),
      'two searches'
    );
    const handle = env.client.workflow.getHandle(jobId);
    await handle.signal('resume', { chunk: '1-0', submission: 'absent' });
    await handle.signal('resume', { chunk: '1-1', submission: 'absent' });
    await handle.signal('resume', { submission: simulator.batches()[0]?.id });
    await env.sleep(10 * MINUTE_MS);
    expect(simulator.ledger.counts.create).toBe(2);
    expect((await job.progress()).batches[0]?.id).toBeNull();
    expect(await job.report()).toMatchObject({ succeeded: 5, missing: 0 });
    expect(simulator.ledger.batches).toHaveLength(2);
  });
});

test('of two batches that the API has lost, only the one that is answered for is given up', async () => {
  const batchTimeMs = 2 * HOUR_MS;
  await withEngine({ ...settings, batchTimeMs }, async ({ batches, env, jobId, simulator }) => {
    const job = await batches.start(requests(6), { jobId, checkMax: '10m' });
    const { batches: known } = await progressWhere(
      job,
      (progress) => isSubmitted(progress) && progress.batches.length === 2,
      'two batches'
    );
    for (const batch of simulator.batches()) batch.setVisible(false);
    await env.sleep(HOUR_MS);
    await progressWhere(job, asking(2), 'two questions');
    await env.client.workflow.getHandle(jobId).signal('resume', { batch: 'gone' });
    await env.sleep(HOUR_MS);
    await job.answer({ chunk: '1-0', batch: 'gone' });
    await progressWhere(job, asking(1), 'one question');
    for (const batch of simulator.batches()) batch.setVisible(true);
    const report = await job.report();
    expect(report).toMatchObject({ succeeded: 3, missing: 3 });
    expect(report.batches.find(({ missing }) => missing === 3)?.id).toBe(known[0]?.id);
  });
});

test('resuming account pauses wakes no other pause', async () => {
  await withEngine({}, async ({ batches, env, jobId, simulator }) => {
    simulator.fault({ on: 'create', times: 2, action: failing(400) });
    const job = await batches.start(requests(3), { jobId });
    const before = await progressWhere(job, isPaused, 'a pause');
    expect(before.paused_kind).toBe('refused');
    await job.resume({ kind: 'account' });
    await env.sleep(HOUR_MS);
    expect(await job.progress()).toMatchObject({ status: 'paused', paused_kind: 'refused' });
    expect(simulator.ledger.counts.create).toBe(1);
    await job.resume({ kind: 'refused' });
    await eventually(() => Promise.resolve(simulator.ledger.counts.create === 2), 'a second POST');
    await progressWhere(job, isPaused, 'a pause');
    await job.resume();
    expect(await job.report()).toMatchObject({ succeeded: 3 });
  });
});

test('a pause during a cancellation shows as canceling', async () => {
  await withEngine({ batchTimeMs: HOUR_MS }, async ({ batches, jobId }) => {
    const job = await batches.start(requests(3), { jobId });
    await progressWhere(job, isSubmitted, 'a batch');
    await job.cancel();
    await job.pause();
    await progressWhere(job, ({ phase }) => phase === 'canceling', 'the cancellation');
    expect(await job.progress()).toMatchObject({ status: 'running', paused: null });
    expect(await job.report()).toMatchObject({ status: 'canceled' });
  });
});
