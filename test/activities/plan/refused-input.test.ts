/**
 * Goal: an id whose input or `params` were refused is free for the corrected ones, and the id of another job is not
 * touched. Method: the Activity that plans, after the record that a client writes first.
 */
import { LINE_BYTES_MAX } from '../../../src/contract/limits';
import { OPTIONS_DEFAULT } from '../../../src/contract/options';
import { jobIdentity } from '../../../src/core/plan/identity';
import { jobFiles } from '../../../src/records/job-files';
import { toRecordText } from '../../../src/records/record-text';
import {
  createFixture,
  failureOf,
  JOB_ID,
  requestLine,
  requestLines,
  type JobFixture,
} from '../data-fixture';

let job: JobFixture;

beforeEach(async () => {
  job = await createFixture();
});

const files = jobFiles(JOB_ID);

/** As a client does it, which checks no line. */
async function placeIdentity(inputSha256: string, paramsSha256: string | null = null) {
  const identity = jobIdentity(OPTIONS_DEFAULT, { inputSha256, paramsSha256 });
  await job.store.write(files.job, toRecordText(identity));
}

async function* tooLong(): AsyncGenerator<Buffer> {
  yield Buffer.from(requestLines(1));
  const piece = Buffer.alloc(1 << 20, 'x');
  for (let bytes = 0; bytes <= LINE_BYTES_MAX; bytes += piece.length) {
    yield await Promise.resolve(piece);
  }
  yield Buffer.from(`\n${requestLine('last')}`);
}

test('a line that is too long', async () => {
  const { uri, sha256 } = await job.store.write('in.jsonl', tooLong());
  await placeIdentity(sha256);
  expect(await failureOf(job.plan({ requests: { uri } }))).toMatchObject({
    type: 'MessageBatch.BadRequests',
  });
  expect(await job.planText(requestLines(2))).toMatchObject({ total: 2 });
});

test("a line that is too long does not free another input's id", async () => {
  await placeIdentity('0'.repeat(64));
  const { uri } = await job.store.write('in.jsonl', tooLong());
  expect(await failureOf(job.plan({ requests: { uri } }))).toMatchObject({
    type: 'MessageBatch.JobMismatch',
  });
  expect(await job.store.size(files.job)).toBeGreaterThan(0);
});

test('params in the store that are not an object', async () => {
  const input = await job.store.write('in.jsonl', requestLines(2));
  const bad = await job.store.write('params.json', '["max_tokens"]');
  await placeIdentity(input.sha256, bad.sha256);
  const plan = () => job.planText(requestLines(2), { params: { uri: bad.uri } });
  expect(await failureOf(plan())).toMatchObject({ type: 'MessageBatch.BadOptions' });
  await job.store.write('params.json', '{"max_tokens": 8}');
  expect(await plan()).toMatchObject({ total: 2 });
});

test('params that are no longer in the store', async () => {
  const input = await job.store.write('in.jsonl', requestLines(2));
  await placeIdentity(input.sha256, '1'.repeat(64));
  const plan = (uri: string) => job.planText(requestLines(2), { params: { uri } });
  expect(await failureOf(plan(job.store.uriOf('none.json')))).toMatchObject({
    type: 'MessageBatch.BadReference',
  });
  const { uri } = await job.store.write('params.json', '{"max_tokens": 8}');
  expect(await plan(uri)).toMatchObject({ total: 2 });
});

test('an input that is no longer in the store', async () => {
  await placeIdentity('2'.repeat(64));
  expect(
    await failureOf(job.plan({ requests: { uri: job.store.uriOf('none.jsonl') } }))
  ).toMatchObject({
    type: 'MessageBatch.BadReference',
  });
  expect(await job.planText(requestLines(2))).toMatchObject({ total: 2 });
});

test('an input that is not requests at all', async () => {
  const { uri, sha256 } = await job.store.write('in.csv', 'name,text\nÄrger,x\n');
  await placeIdentity(sha256);
  expect(await failureOf(job.plan({ requests: { uri } }))).toMatchObject({
    type: 'MessageBatch.BadRequests',
  });
  expect(await job.planText(requestLines(2))).toMatchObject({ total: 2 });
});

test.each<[name: string, options: object]>([
  ['other betas', { betas: ['b'] }],
  ['another account', { account: 'other' }],
])('what is refused under %s frees nothing', async (_, options) => {
  await placeIdentity('3'.repeat(64));
  const found = await failureOf(
    job.plan({ requests: { uri: job.store.uriOf('none.jsonl') }, ...options })
  );
  expect(found).toMatchObject({ type: 'MessageBatch.BadReference' });
  expect(await job.store.size(files.job)).toBeGreaterThan(0);
});

test('a refusal under the id of a planned job changes nothing', async () => {
  await job.planText(requestLines(2));
  const before = await job.snapshot('jobs');
  await failureOf(job.plan({ requests: { uri: job.store.uriOf('none.jsonl') } }));
  await failureOf(job.planText(requestLines(2), { params: { uri: job.store.uriOf('none.json') } }));
  expect(await job.snapshot('jobs')).toEqual(before);
});

test.each(['requests', 'params', 'output'])(
  'a Worker whose store is of another kind than the URI of `%s` is the wrong Worker',
  async (name) => {
    const { uri } = await job.store.write('in.jsonl', requestLines(1));
    const other = { uri: 's3://bucket/jobs/in' };
    expect(await failureOf(job.plan({ requests: { uri }, [name]: other }))).toMatchObject({
      type: 'MessageBatch.WrongWorker',
      message: expect.stringMatching(/^This Worker has the store file:.*s3:\/\//) as unknown,
    });
    expect(job.siteCalls).toBe(0);
  }
);
