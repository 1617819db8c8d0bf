/**
 * Retry rounds on real files, with the records that collect leaves behind.
 */
import { jobTag } from '../../../src/records/job-tag';
import type { ChunkName } from '../../../src/contract/names';
import type { Plan } from '../../../src/contract/activities';
import { chunkFiles, jobFiles } from '../../../src/records/job-files';
import { toRecordText } from '../../../src/records/record-text';
import { readRoundRecord } from '../../../src/records/plan-records';
import {
  collectChunk,
  createFixture,
  failureOf,
  JOB_ID,
  requestLine,
  requestLines,
  type JobFixture,
  type ResultSpec,
} from '../data-fixture';

let job: JobFixture;

beforeEach(async () => {
  job = await createFixture();
});

const SUCCEEDED: ResultSpec = { result: { type: 'succeeded', message: {} } };
const EXPIRED: ResultSpec = { result: { type: 'expired' }, retry: 'retry' };
const LIMITS = { requestsMax: 4, bytesMax: 1e6 };
const at = (round: number, chunk: number): ChunkName => ({ round, chunk });

/** Plans n requests in chunks of four and collects all of them; those at the given positions are to be retried. */
async function planAndCollect(n: number, retried: readonly number[], options = {}): Promise<Plan> {
  const plan = await job.planText(requestLines(n), options, { chunkLimits: LIMITS });
  for (let chunk = 0; chunk < (plan.rounds[0]?.chunks ?? 0); chunk++) {
    await collectChunk(job, at(1, chunk), (position) =>
      retried.includes(position) ? EXPIRED : SUCCEEDED
    );
  }
  return plan;
}

async function members(round: number, chunk: number): Promise<unknown[]> {
  return job.lines(chunkFiles(JOB_ID, at(round, chunk)).members);
}

async function elements(round: number, chunk: number): Promise<string[]> {
  const body = await job.text(chunkFiles(JOB_ID, at(round, chunk)).body);
  const { requests } = JSON.parse(body) as { requests: object[] };
  return requests.map((request) => JSON.stringify(request));
}

describe('messageBatchPlanRound', () => {
  test('merges what several chunks left over into as few chunks as fit, in input order', async () => {
    const plan = await planAndCollect(12, [1, 2, 5, 9, 11]);
    const sources = [at(1, 2), at(1, 0), at(1, 1)];
    const round = await job.planRound(plan, 2, sources, LIMITS);
    expect(round).toEqual({ round: 2, chunks: 2, requests: 5, sources });
    expect(await members(2, 0)).toEqual([
      [1, 2],
      [2, 2],
      [5, 2],
      [9, 2],
    ]);
    expect(await members(2, 1)).toEqual([[11, 2]]);
    expect(await readRoundRecord(job.store, jobFiles(JOB_ID).round(2))).toEqual(round);
  });

  test('sends the bytes of round 1 under new ids', async () => {
    const params = { system: 'shared' };
    const plan = await planAndCollect(6, [2, 5], { params });
    await job.planRound(plan, 2, [at(1, 0), at(1, 1)], LIMITS);
    const tag = jobTag(await job.store.id(), JOB_ID, plan.requests.sha256);
    const before = [...(await elements(1, 0)), ...(await elements(1, 1))];
    expect(await elements(2, 0)).toEqual([
      before[2]?.replace(`mb_${tag}_1_0_2`, `mb_${tag}_2_0_2`),
      before[5]?.replace(`mb_${tag}_1_1_5`, `mb_${tag}_2_0_5`),
    ]);
  });

  test('may mix attempts of several rounds', async () => {
    const plan = await planAndCollect(8, [0, 1, 6]);
    await job.planRound(plan, 2, [at(1, 0)], LIMITS);
    await collectChunk(job, at(2, 0), (position) => (position === 1 ? EXPIRED : SUCCEEDED));
    const round = await job.planRound(plan, 3, [at(2, 0), at(1, 1)], LIMITS);
    expect(round).toMatchObject({ requests: 2, chunks: 1 });
    expect(await members(3, 0)).toEqual([
      [1, 3],
      [6, 2],
    ]);
  });

  test('takes requests of every kind: failed, stopped, and those that waited for the account', async () => {
    const plan = await job.planText(requestLines(3));
    const kinds = ['retry', 'account', 'stopped'] as const;
    await collectChunk(job, at(1, 0), (position) => ({
      ...EXPIRED,
      retry: kinds[position] ?? 'retry',
    }));
    expect(await job.planRound(plan, 2, [at(1, 0)])).toMatchObject({ requests: 3 });
  });

  test('a round that another execution is making is made of its sources', async () => {
    const plan = await planAndCollect(8, [0, 5]);
    const record = { round: 2, sources: [at(1, 0)] };
    await job.store.write(jobFiles(JOB_ID).roundSources(2), toRecordText(record));
    const round = await job.planRound(plan, 2, [at(1, 0), at(1, 1)], LIMITS);
    expect(round).toEqual({ ...record, requests: 1, chunks: 1 });
    expect(await members(2, 0)).toEqual([[0, 2]]);
  });

  test('a round that stands is returned as it is, with its own sources', async () => {
    const plan = await planAndCollect(8, [0, 5]);
    const round = await job.planRound(plan, 2, [at(1, 0)], LIMITS);
    const before = await job.snapshot();
    expect(await job.planRound(plan, 2, [at(1, 0), at(1, 1)], LIMITS)).toEqual(round);
    expect(await job.snapshot()).toEqual(before);
  });

  test('is the same bytes when it is made again after a crash', async () => {
    const plan = await planAndCollect(12, [1, 2, 3, 5, 9, 11]);
    const sources = [at(1, 0), at(1, 1), at(1, 2)];
    await job.planRound(plan, 2, sources, LIMITS);
    const before = await job.snapshot();
    await job.store.remove(jobFiles(JOB_ID).round(2));
    await job.store.write(chunkFiles(JOB_ID, at(2, 0)).body, 'half of someth');
    await job.planRound(plan, 2, sources, LIMITS);
    expect(await job.snapshot()).toEqual(before);
  });

  test('of sources without anything left over it is empty', async () => {
    const plan = await planAndCollect(4, []);
    expect(await job.planRound(plan, 2, [at(1, 0)])).toMatchObject({ chunks: 0, requests: 0 });
  });

  test('finds its requests behind blank lines and a BOM', async () => {
    const plan = await job.planText(
      `\ufeff\n${requestLine('a')}\n\r\n${requestLine('b', { seed: 7 })}`
    );
    await collectChunk(job, at(1, 0), (position) => (position === 1 ? EXPIRED : SUCCEEDED));
    await job.planRound(plan, 2, [at(1, 0)]);
    expect((await elements(2, 0))[0]).toContain('"seed":7');
  });

  test('reads params and input where the plan says, whatever changed there is noticed', async () => {
    const params = await job.store.write('p.json', '{"system":"x"}');
    const plan = await planAndCollect(4, [1], { params: { uri: params.uri } });
    await job.store.write('p.json', '{"system":"y"}');
    expect(await failureOf(job.planRound(plan, 2, [at(1, 0)]))).toMatchObject({
      type: 'MessageBatch.StoreDamaged',
    });
    await job.store.write('p.json', '{"system":"x"}');
    await job.store.write('in.jsonl', requestLines(5));
    expect(await failureOf(job.planRound(plan, 2, [at(1, 0)]))).toMatchObject({
      type: 'MessageBatch.StoreDamaged',
    });
    expect(await job.store.size(jobFiles(JOB_ID).round(2))).toBeUndefined();
  });

  test('a source that was not collected is refused', async () => {
    const plan = await job.planText(requestLines(2));
    expect(await failureOf(job.planRound(plan, 2, [at(1, 0)]))).toMatchObject({
      type: 'MessageBatch.StoreDamaged',
    });
  });

  test('the same request twice is refused: it would be paid twice', async () => {
    const plan = await planAndCollect(4, [1]);
    expect(await failureOf(job.planRound(plan, 2, [at(1, 0), at(1, 0)]))).toMatchObject({
      type: 'MessageBatch.StoreDamaged',
    });
  });

  test('what a written round holds is refused to any other round', async () => {
    const plan = await planAndCollect(8, [1, 5]);
    await job.planRound(plan, 2, [at(1, 0)], LIMITS);
    const refused = await failureOf(job.planRound(plan, 3, [at(1, 1), at(1, 0)], LIMITS));
    expect(refused).toMatchObject({ type: 'MessageBatch.BadReference' });
    expect(refused?.message).toContain('already in round 2');
  });

  test('a Worker with another store does nothing', async () => {
    const plan = await planAndCollect(4, [1]);
    const foreign = { ...plan, site: { ...plan.site, storeId: 'another' } };
    const found = await failureOf(job.planRound(foreign, 2, [at(1, 0)]));
    expect(found?.type).toBe('MessageBatch.WrongWorker');
    expect(found?.message).toContain('another');
    expect(found?.message).toContain(plan.site.storeId);
  });
});
