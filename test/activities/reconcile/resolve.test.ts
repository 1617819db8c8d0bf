import { chunkFiles } from '../../../src/records/job-files';
import { countsAtEnd, dateAhead, dropping } from '../../../src/simulator';
import { createJob, rejection, run, type JobFixture } from '../job-fixture';

const files = chunkFiles('job', { round: 1, chunk: 0 });
let job: JobFixture;

afterEach(async () => {
  await job.close();
});

function resolve(submission: string): ReturnType<typeof job.activities.messageBatchResolve> {
  return run(job.activities.messageBatchResolve, { ...job.submitInput, submission });
}

async function loseAnswer(): Promise<string> {
  job.simulator.fault({ on: 'create', stage: 'executed', action: dropping() });
  const submission = await run(job.activities.messageBatchSubmit, job.submitInput);
  expect(submission.state).toBe('unknown');
  return job.simulator.ledger.batches.at(-1)?.id ?? '';
}

describe('resolve', () => {
  test('the id of the batch makes the submission known', async () => {
    job = await createJob();
    const batchId = await loseAnswer();
    const resolved = await resolve(batchId);
    expect(resolved).toMatchObject({ state: 'submitted', batchId, requests: 3 });
    expect(await job.store.readJson(files.batch)).toMatchObject({ batch_id: batchId });
    expect(await run(job.activities.messageBatchSubmit, job.submitInput)).toEqual(resolved);
    expect(await resolve('absent')).toEqual(resolved);
    expect(job.simulator.ledger.counts.create).toBe(1);
  });

  test('absent closes the intent, and the chunk may be submitted', async () => {
    job = await createJob();
    await loseAnswer();
    expect(await resolve('absent')).toEqual({ state: 'none', requests: 3 });
    expect(await run(job.activities.messageBatchSubmit, job.submitInput)).toMatchObject({
      state: 'submitted',
    });
  });

  test('a batch of another size is refused and nothing changes', async () => {
    job = await createJob();
    await loseAnswer();
    const other = await createOther(2);
    const error = await rejection(resolve(other));
    expect(error).toMatchObject({ type: 'MessageBatch.Refused' });
    expect((error as Error).message).toContain('has 2 requests, the chunk has 3');
    expect(await job.store.size(files.batch)).toBeUndefined();
  });

  test('a batch that is older than the submission is refused', async () => {
    job = await createJob();
    const old = await createOther(3);
    await loseAnswer();
    const error = await rejection(resolve(old));
    expect(error).toMatchObject({ type: 'MessageBatch.Refused' });
    expect((error as Error).message).toContain('older');
  });

  test("the chunk's own batch is taken, whatever a gateway's date and a running batch's counts say", async () => {
    job = await createJob({ simulator: { batchTimeMs: 60_000 } });
    for (const action of [dateAhead(10 * 60_000), countsAtEnd()]) {
      job.simulator.fault({ on: '*', action, times: Infinity });
    }
    const batchId = await loseAnswer();
    expect(await resolve(batchId)).toMatchObject({ state: 'submitted', batchId });
  });

  test.each(['msgbatch_unknown', '../../v1/models', '', 'yes'])(
    'the word %j fits no batch and is refused',
    async (word) => {
      job = await createJob();
      await loseAnswer();
      expect(await rejection(resolve(word))).toMatchObject({ type: 'MessageBatch.Refused' });
    }
  );

  test('an id without a submission of unknown end is refused', async () => {
    job = await createJob();
    const other = await createOther(3);
    expect(await rejection(resolve(other))).toMatchObject({ type: 'MessageBatch.Refused' });
    expect(await resolve('absent')).toEqual({ state: 'none', requests: 3 });
  });
});

/** A batch of another client in the same workspace. */
async function createOther(requests: number): Promise<string> {
  const client = job.deps.anthropic('default');
  const batch = await client.messages.batches.create({
    requests: [...Array(requests).keys()].map((n) => ({
      custom_id: `other-${n}`,
      params: { model: 'claude-haiku-4-5', max_tokens: 1, messages: [] },
    })),
  });
  return batch.id;
}
