/**
 * Goal: a search decides what became of a lost answer by what the list did not show before, never by a clock or a count.
 * Method: the real Activities against the simulator, with dates, counts and lists that mislead.
 */
import type { Reconciliation } from '../../../src/contract/activities';
import { chunkFiles } from '../../../src/records/job-files';
import {
  countsAtEnd,
  dateAhead,
  dropping,
  hiddenFor,
  listWithout,
  shortPages,
  unorderedList,
  type FaultAction,
  type Operation,
} from '../../../src/simulator';
import { createJob, run, type JobFixture } from '../job-fixture';

const files = chunkFiles('job', { round: 1, chunk: 0 });
const MINUTE_MS = 60_000;
const WAIT_MS = 2 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;

let nowMs = 0;
let job: JobFixture;

beforeEach(async () => {
  nowMs = Date.now();
  job = await createJob({ simulator: { now: () => Promise.resolve(nowMs), batchTimeMs: HOUR_MS } });
});

afterEach(async () => {
  await job.close();
});

function always(action: FaultAction, on: Operation | '*' = 'list'): void {
  job.simulator.fault({ on, action, times: Infinity });
}

/** Submits the chunk and loses the answer. @returns the id of its batch. */
async function loseAnswer(): Promise<string> {
  job.simulator.fault({ on: 'create', stage: 'executed', action: dropping() });
  const submission = await run(job.activities.messageBatchSubmit, job.submitInput);
  expect(submission.state).toBe('unknown');
  return job.simulator.ledger.batches.at(-1)?.id ?? '';
}

/** Submits the chunk, whose POST never arrives. */
async function losePost(): Promise<void> {
  job.simulator.fault({ on: 'create', action: dropping() });
  const submission = await run(job.activities.messageBatchSubmit, job.submitInput);
  expect(submission.state).toBe('unknown');
}

function search(searchedMs: number): Promise<Reconciliation> {
  return run(job.activities.messageBatchReconcile, { ...job.submitInput, searchedMs });
}

/** A batch of another client in the same workspace. */
async function createOther(requests = 3): Promise<string> {
  const client = job.deps.anthropic('default');
  const { id } = await client.messages.batches.create({
    requests: [...Array(requests).keys()].map((n) => ({
      custom_id: `other-${n}`,
      params: {
        model: 'claude-haiku-4-5',
        max_tokens: 1,
        messages: [{ role: 'user', content: 'hi' }],
      },
    })),
  });
  return id;
}

async function baselines(): Promise<unknown[]> {
  const keys = await job.store.list(files.intents);
  const records = keys.filter((key) => /intents\/[^.]+\.json$/.test(key));
  return Promise.all(
    records.map(async (key) => {
      const { baseline } = (await job.store.readJson(key)) as { baseline?: unknown };
      return baseline;
    })
  );
}

describe('clocks', () => {
  test.each([
    { name: 'ahead', aheadMs: 10 * MINUTE_MS },
    { name: 'behind', aheadMs: -10 * MINUTE_MS },
  ])("a gateway's date that is 10 minutes $name hides no batch", async ({ aheadMs }) => {
    always(dateAhead(aheadMs), '*');
    const batchId = await loseAnswer();
    nowMs += WAIT_MS;
    expect(await search(WAIT_MS)).toMatchObject({ state: 'searching', batchIds: [batchId] });
    nowMs += HOUR_MS;
    expect(await search(HOUR_MS)).toMatchObject({ state: 'submitted', batchId });
  });

  test('a date that jumps ahead does not shorten the wait', async () => {
    always(hiddenFor(MINUTE_MS), '*');
    const batchId = await loseAnswer();
    always(dateAhead(10 * MINUTE_MS), '*');
    expect(await search(0)).toMatchObject({ state: 'searching', delayMs: WAIT_MS, batchIds: [] });
    nowMs += MINUTE_MS;
    expect(await search(MINUTE_MS)).toMatchObject({ state: 'searching', batchIds: [batchId] });
  });

  test('an empty list must stay empty for as long as `lostAnswerWait`', async () => {
    await losePost();
    expect(await search(WAIT_MS - 1)).toMatchObject({ state: 'searching', delayMs: 1 });
    expect(await search(WAIT_MS)).toEqual({ state: 'none', requests: 3 });
  });
});

describe('counts', () => {
  test('a batch that is counted only at its end is a candidate until then', async () => {
    always(countsAtEnd(), '*');
    const batchId = await loseAnswer();
    expect(await search(WAIT_MS)).toMatchObject({ state: 'searching', batchIds: [batchId] });
    nowMs += HOUR_MS;
    expect(await search(HOUR_MS)).toMatchObject({ state: 'submitted', batchId });
  });

  test('a batch of another size is no candidate less', async () => {
    await losePost();
    const other = await createOther(5);
    expect(await search(WAIT_MS)).toMatchObject({ state: 'searching', batchIds: [other] });
    nowMs += HOUR_MS;
    expect(await search(HOUR_MS)).toEqual({ state: 'none', requests: 3 });
  });
});

describe('what the list showed before', () => {
  test('is recorded, and kept by every later intent of the chunk', async () => {
    const before = [await createOther(), await createOther()].reverse();
    await losePost();
    await search(WAIT_MS);
    await createOther();
    await losePost();
    expect(await baselines()).toEqual([before, before]);
  });

  test('is its 20 newest batches, and no batch below them is read', async () => {
    const before: string[] = [];
    for (let n = 0; n < 25; n++) before.unshift(await createOther());
    nowMs += HOUR_MS;
    const batchId = await loseAnswer();
    expect(await baselines()).toEqual([before.slice(0, 20)]);
    nowMs += HOUR_MS;
    expect(await search(0)).toMatchObject({ state: 'submitted', batchId });
    expect(job.simulator.ledger.counts.results).toBe(1);
  });

  test('may have been deleted', async () => {
    const oldest = await createOther();
    for (let n = 0; n < 3; n++) await createOther();
    nowMs += HOUR_MS;
    const batchId = await loseAnswer();
    const client = job.deps.anthropic('default');
    for (const { id } of job.simulator.ledger.batches.slice(1, 4))
      await client.messages.batches.delete(id);
    nowMs += HOUR_MS;
    expect(await search(0)).toMatchObject({ state: 'submitted', batchId });
    expect(await baselines()).toEqual([expect.arrayContaining([oldest])]);
    expect(job.simulator.ledger.counts.results).toBe(1);
  });

  test('may be nothing: the search then reads the list to its end', async () => {
    always(shortPages(1));
    const batchId = await loseAnswer();
    for (let n = 0; n < 3; n++) await createOther();
    nowMs += HOUR_MS;
    expect(await search(0)).toMatchObject({ state: 'submitted', batchId });
  });

  test('is unknown for an intent without it: a person decides', async () => {
    await losePost();
    const keys = await job.store.list(files.intents);
    const key = keys.find((each) => /intents\/[^.]+\.json$/.test(each)) ?? '';
    const record = (await job.store.readJson(key)) as Record<string, unknown>;
    delete record['baseline'];
    delete record['sha256'];
    await job.store.write(key, JSON.stringify(record));
    expect(await search(WAIT_MS)).toMatchObject({ state: 'lost' });
  });
});

describe('a list that proves nothing', () => {
  test.each([
    { name: 'not in the order of creation', action: unorderedList() },
    { name: 'without has_more', action: listWithout('has_more') },
    { name: 'without ids', action: listWithout('id') },
    { name: 'without created_at', action: listWithout('created_at') },
  ])('$name: a person decides, whenever it began', async ({ action }) => {
    await createOther();
    await losePost();
    nowMs += MINUTE_MS;
    await createOther();
    always(action);
    expect(await search(WAIT_MS)).toMatchObject({ state: 'lost', batchIds: [] });
  });

  test.each([
    { name: 'without has_more', action: listWithout('has_more') },
    { name: 'without ids', action: listWithout('id') },
  ])('$name before the POST: the chunk is submitted all the same', async ({ action }) => {
    await createOther();
    const fault = job.simulator.fault({ on: 'list', action, times: Infinity });
    await losePost();
    fault.remove();
    expect(await search(WAIT_MS)).toMatchObject({ state: 'lost', batchIds: [] });
  });

  test('longer than 50 pages: a person decides', async () => {
    await createOther();
    await losePost();
    for (let n = 0; n < 50; n++) await createOther(1);
    always(shortPages(1));
    expect(await search(WAIT_MS)).toMatchObject({ state: 'lost', batchIds: [] });
    expect(job.simulator.ledger.counts.list).toBeLessThan(60);
  });
});

test('a batch that is first listed after the wait is not waited for', async () => {
  await losePost();
  const early = await createOther();
  expect(await search(WAIT_MS)).toMatchObject({ state: 'searching', batchIds: [early] });
  nowMs += HOUR_MS - MINUTE_MS;
  await createOther();
  expect(await search(HOUR_MS)).toMatchObject({ state: 'searching', batchIds: [early] });
  nowMs += MINUTE_MS;
  expect(await search(HOUR_MS)).toEqual({ state: 'none', requests: 3 });
});
