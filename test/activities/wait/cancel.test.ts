import { failing } from '../../../src/simulator';
import { createJob, rejection, run, submitted, type JobFixture } from '../job-fixture';

let job: JobFixture;

afterEach(async () => {
  await job.close();
});

function cancel(batchId: string): ReturnType<typeof job.activities.messageBatchCancel> {
  return run(job.activities.messageBatchCancel, job.batchInput(batchId));
}

describe('cancel', () => {
  test('asks the API, and asking again changes nothing', async () => {
    job = await createJob({ simulator: { batchTimeMs: 3_600_000, cancelTimeMs: 60_000 } });
    const batchId = await submitted(job);
    expect(await cancel(batchId)).toMatchObject({ status: 'canceling' });
    expect(await cancel(batchId)).toMatchObject({ status: 'canceling' });
  });

  test.each(['unchanged', 'refused'] as const)(
    'a batch that has ended is what was wanted (the API: %s)',
    async (cancelOfEnded) => {
      job = await createJob({ simulator: { cancelOfEnded } });
      expect(await cancel(await submitted(job))).toMatchObject({
        status: 'ended',
        counts: { succeeded: 3 },
      });
    }
  );

  test.each([
    { status: 400, type: 'MessageBatch.Refused' },
    { status: 401, type: 'MessageBatch.Authentication' },
    { status: 404, type: 'MessageBatch.BatchNotFound' },
    { status: 500, type: 'MessageBatch.ApiUnavailable' },
  ])('a $status for a batch that goes on running fails as $type', async ({ status, type }) => {
    job = await createJob({ simulator: { batchTimeMs: 3_600_000 } });
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'cancel', action: failing(status) });
    expect(await rejection(cancel(batchId))).toMatchObject({ type });
  });
});
