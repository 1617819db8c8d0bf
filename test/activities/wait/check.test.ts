import { chunkFiles } from '../../../src/records/job-files';
import {
  editing,
  extraFields,
  failing,
  hiddenFor,
  negativeCounts,
  respondingHtml,
  unknownStatus,
  type FaultAction,
} from '../../../src/simulator';
import { createJob, rejection, run, submitted, type JobFixture } from '../job-fixture';

let job: JobFixture;

afterEach(async () => {
  await job.close();
});

describe('check', () => {
  test('tells how a batch stands, with times in UTC', async () => {
    job = await createJob({ simulator: { batchTimeMs: 3_600_000 } });
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'retrieve', action: extraFields({ color: 'blue' }) });
    const check = await run(job.activities.messageBatchCheck, job.batchInput(batchId));
    expect(check).toMatchObject({
      status: 'in_progress',
      endedAt: null,
      archivedAt: null,
      counts: { processing: 3, succeeded: 0, errored: 0, expired: 0, canceled: 0 },
    });
    expect(check.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(check.expiresAt) - Date.parse(check.createdAt)).toBe(86_400_000);
  });

  test.each<{ name: string; action: FaultAction; type: string }>([
    { name: 'negative counts', action: negativeCounts(), type: 'UnexpectedAnswer' },
    {
      name: 'another batch',
      action: extraFields({ id: 'msgbatch_other' }),
      type: 'UnexpectedAnswer',
    },
    { name: 'another type', action: extraFields({ type: 'message' }), type: 'UnexpectedAnswer' },
    {
      name: 'no counts',
      action: editing(({ id, type }) => ({ id, type })),
      type: 'UnexpectedAnswer',
    },
    { name: 'a web page', action: respondingHtml(200), type: 'ApiUnavailable' },
    { name: 'a 404', action: failing(404), type: 'BatchNotFound' },
    { name: 'a 500', action: failing(500), type: 'ApiUnavailable' },
  ])('$name fails as $type', async ({ action, type }) => {
    job = await createJob();
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'retrieve', action });
    const error = await rejection(run(job.activities.messageBatchCheck, job.batchInput(batchId)));
    expect(error).toMatchObject({
      type: `MessageBatch.${type}`,
      nonRetryable: type === 'UnexpectedAnswer',
    });
  });

  test.each([
    { status: 'resting', named: 'resting' },
    { status: 'My Secret', named: '(unreadable)' },
  ])('the unknown status $status is named $named, and is no end', async ({ status, named }) => {
    job = await createJob();
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'retrieve', action: unknownStatus(status) });
    const check = await run(job.activities.messageBatchCheck, job.batchInput(batchId));
    expect(check).toMatchObject({ status: 'unknown', unknownStatus: named });
  });

  test('a batch that is not visible yet is found later', async () => {
    let nowMs = Date.now();
    job = await createJob({ simulator: { now: () => Promise.resolve(nowMs) } });
    job.simulator.fault({ on: ['retrieve'], action: hiddenFor(5000) });
    const input = job.batchInput(await submitted(job));
    const error = await rejection(run(job.activities.messageBatchCheck, input));
    expect(error).toMatchObject({ type: 'MessageBatch.BatchNotFound', nonRetryable: false });
    nowMs += 6000;
    expect(await run(job.activities.messageBatchCheck, input)).toMatchObject({ status: 'ended' });
  });

  test("another workspace's 404 proves nothing", async () => {
    job = await createJob({
      simulator: { keys: { 'sk-ant-test': { workspaceId: 'wrkspc_one' } } },
    });
    const input = job.batchInput(await submitted(job));
    job.simulator.keys.set('sk-ant-test', { workspaceId: 'wrkspc_two' });
    const error = await rejection(run(job.activities.messageBatchCheck, input));
    expect(error).toMatchObject({ type: 'MessageBatch.WrongWorker' });
    expect((error as Error).message).toMatch(/wrkspc_two.*wrkspc_one/);
  });

  test('writes down a batch whose record is missing', async () => {
    job = await createJob();
    const batchId = await submitted(job);
    const { batch } = chunkFiles('job', { round: 1, chunk: 0 });
    await job.store.remove(batch);
    await run(job.activities.messageBatchCheck, job.batchInput(batchId));
    expect(await job.store.readJson(batch)).toMatchObject({ batch_id: batchId });
  });
});
