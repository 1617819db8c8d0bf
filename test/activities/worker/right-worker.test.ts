import { discoverBinding } from '../../../activities/worker/right-worker';
import { OPTIONS_DEFAULT } from '../../../src/contract/options';
import {
  DEFAULT_ORGANIZATION_ID,
  DEFAULT_WORKSPACE_ID,
  failing,
  respondingHtml,
} from '../../../src/simulator';
import {
  activitiesOf,
  clientsFor,
  createJob,
  rejection,
  run,
  type JobFixture,
} from '../job-fixture';

let job: JobFixture;

afterEach(async () => {
  await job.close();
});

describe('discoverBinding', () => {
  const discover = (): Promise<unknown> =>
    run((options: typeof OPTIONS_DEFAULT) => discoverBinding(job.deps, options), OPTIONS_DEFAULT);

  test('takes workspace and organization from what the API answers', async () => {
    job = await createJob();
    expect(await discover()).toEqual({
      apiOrigin: job.simulator.url,
      workspaceId: DEFAULT_WORKSPACE_ID,
      organizationId: DEFAULT_ORGANIZATION_ID,
      storeId: await job.store.id(),
    });
  });

  test('a wrong key and a web page are told apart', async () => {
    job = await createJob();
    job.simulator.fault({ on: 'list', action: failing(401) });
    expect(await rejection(discover())).toMatchObject({ type: 'MessageBatch.Authentication' });
    job.simulator.fault({ on: 'list', action: respondingHtml() });
    expect(await rejection(discover())).toMatchObject({ type: 'MessageBatch.ApiUnavailable' });
  });
});

describe('assertRightWorker', () => {
  test('every Activity that talks to the API checks it first', async () => {
    job = await createJob();
    const calls = job.simulator.ledger.calls.length;
    const elsewhere = activitiesOf({
      ...job.deps,
      anthropic: clientsFor('http://127.0.0.1:9'),
    });
    const input = job.collectInput('msgbatch_any');
    const wrong = { type: 'MessageBatch.WrongWorker', nonRetryable: false };
    expect(await rejection(run(elsewhere.messageBatchSubmit, job.submitInput))).toMatchObject(
      wrong
    );
    expect(await rejection(run(elsewhere.messageBatchCheck, input))).toMatchObject(wrong);
    expect(await rejection(run(elsewhere.messageBatchCancel, input))).toMatchObject(wrong);
    expect(await rejection(run(elsewhere.messageBatchCollect, input))).toMatchObject(wrong);
    const resolve = { ...input, submission: 'absent' };
    expect(await rejection(run(elsewhere.messageBatchResolve, resolve))).toMatchObject(wrong);
    expect(job.simulator.ledger.calls).toHaveLength(calls);
  });

  test('an account that this Worker does not have is a wrong Worker too', async () => {
    job = await createJob();
    const options = { ...job.submitInput.options, account: 'billing-team' };
    const input = { ...job.submitInput, options };
    const error = await rejection(run(job.activities.messageBatchSubmit, input));
    expect(error).toMatchObject({ type: 'MessageBatch.WrongWorker' });
    expect((error as Error).message).toContain('billing-team');
  });
});

describe('permit', () => {
  test('says go', async () => {
    job = await createJob();
    const permission = await run(job.activities.messageBatchPermit, job.submitInput);
    expect(permission).toEqual({ decision: 'go' });
  });
});
