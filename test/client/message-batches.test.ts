/**
 * Goal: what applications see: starting, attaching, following, reading. Method: the whole engine behind the client.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMessageBatchFailure, MessageBatches, type BatchRequest } from '../../src/index';
import { errored } from '../../src/simulator';
import { isSubmitted, progressWhere, question, requests, useEngine } from '../helpers/engine';

const withEngine = useEngine();

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of source) found.push(each);
  return found;
}

async function* slowly(list: readonly BatchRequest[]): AsyncGenerator<BatchRequest> {
  for (const request of list) {
    await new Promise((resolve) => setImmediate(resolve));
    yield request;
  }
}

describe('MessageBatches', () => {
  test('a list, an async iterable, a file and its URL of the same lines are the same job', async () => {
    await withEngine({}, async ({ batches, folder, jobId, simulator }) => {
      const list = requests(700);
      const path = join(folder, 'my questions (1).jsonl');
      await writeFile(path, list.map((request) => `${JSON.stringify(request)}\n`).join(''));
      const report = await (await batches.start(list, { jobId })).report();
      const otherForms = {
        'body.json': JSON.stringify({ requests: list }),
        'array.json': `${JSON.stringify(list)}\n`,
        'my questions (1).jsonl.gz': gzipSync(await readFile(path)),
      };
      const files = Object.entries(otherForms).map(async ([name, bytes]) => {
        await writeFile(join(folder, name), bytes);
        return join(folder, name);
      });
      const others = await Promise.all(files);
      for (const source of [
        slowly(list),
        path,
        pathToFileURL(path),
        pathToFileURL(path).href,
        ...others,
      ]) {
        expect(await (await batches.start(source, { jobId })).report()).toEqual(report);
      }
      // Without an id: one of the name and the hash.
      const job = await batches.start(path);
      expect(job.jobId).toMatch(/^my-questions-1-[0-9a-f]{12}$/);
      expect((await batches.start(path)).jobId).toBe(job.jobId);
      expect((await batches.start(others[2] ?? '')).jobId).toBe(job.jobId);
      expect((await batches.start(path, { betas: ['b'] })).jobId).not.toBe(job.jobId);
      expect((await batches.start(list)).jobId).toMatch(/^requests-[0-9a-f]{12}$/);
      for (const each of [job, await batches.start(path, { betas: ['b'] })]) await each.report();
      await (await batches.start(list)).report();
      expect(simulator.ledger.batches).toHaveLength(4);
    });
  });

  test('results and failures come as they were answered, in order; also when Temporal has forgotten', async () => {
    const result = ({ index }: { index: number }) =>
      index % 3 === 0 ? errored('invalid_request_error') : undefined;
    await withEngine({ result }, async ({ batches, env, jobId, store }) => {
      const job = await batches.start(requests(7), { jobId });
      const results = await collect(job.results());
      expect(results.map(({ custom_id }) => custom_id)).toEqual(
        [1, 2, 4, 5].map((index) => `item-${index}`)
      );
      expect(results[0]?.result).toMatchObject({
        type: 'succeeded',
        message: { role: 'assistant' },
      });
      const failures = await collect(job.failures());
      expect(failures).toMatchObject(
        [0, 3, 6].map((index) => ({
          custom_id: `item-${index}`,
          result: { type: 'errored', error: { error: { type: 'invalid_request_error' } } },
          attempts: 1,
        }))
      );
      // Another Temporal, which never heard of the job; the store has its report.
      const elsewhere = new MessageBatches({ client: env.client, store, taskQueue: 'none' });
      expect(await elsewhere.isRunning(`${jobId}-none`)).toBe(false);
      expect(await elsewhere.getHandle(jobId).report()).toMatchObject({ succeeded: 4 });
      const error: unknown = await elsewhere
        .getHandle('nobody')
        .report()
        .catch((thrown: unknown) => thrown);
      expect(isMessageBatchFailure(error, 'MessageBatch.BadReference')).toBe(true);
    });
  });

  test('`params` may be in the store already', async () => {
    await withEngine({}, async ({ batches, jobId, lines, store }) => {
      const { uri } = await store.write(
        'shared/params.json',
        '{"max_tokens": 64, "model": "claude-haiku-4-5"}'
      );
      const list: BatchRequest[] = [
        { params: { messages: [{ role: 'user', content: 'number 1' }] } },
      ];
      const job = await batches.start(list, { jobId, params: { uri } });
      expect(await job.report()).toMatchObject({ succeeded: 1 });
      expect((await lines('results.jsonl'))[0]?.result.message?.content[0]?.text).toContain('1');
      await expect(
        batches.start(list, { jobId, params: { max_tokens: 64 } })
      ).rejects.toMatchObject({ type: 'MessageBatch.JobMismatch' });
    });
  });

  test('wrong options and ids are told at once, all of them, before anything is written', async () => {
    await withEngine({ worker: null }, async ({ batches, jobId, store }) => {
      const wrong = { jobId, checkMin: '1ms', maxAttempts: 0, lostanswerwait: '1s' } as const;
      await expect(batches.start(requests(1), wrong)).rejects.toThrow(
        /lostAnswerWait.*checkMin.*maxAttempts/
      );
      for (const id of ['', '.hidden', 'a/b', 'a b', 'x'.repeat(201), 'ü']) {
        await expect(batches.start(requests(1), { jobId: id })).rejects.toMatchObject({
          type: 'MessageBatch.BadOptions',
        });
        expect(() => batches.getHandle(id)).toThrow('job id');
      }
      await expect(batches.start('no/such/file.jsonl', { jobId })).rejects.toThrow('ENOENT');
      expect(await store.list('jobs')).toEqual([]);
    });
  });

  test('knows what runs; what `beforeStart` throws keeps the job from starting', async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      const told: string[] = [];
      const beforeStart = (id: string): Promise<void> => {
        told.push(id);
        return told.length === 1 ? Promise.reject(new Error('not now')) : Promise.resolve();
      };
      const list = [{ params: question('number 1') }];
      await expect(batches.start(list, { jobId, beforeStart })).rejects.toThrow('not now');
      expect(await batches.isRunning(jobId)).toBe(false);
      const job = await batches.start(list, { jobId, beforeStart });
      expect(told).toEqual([jobId, jobId]);
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      expect(await batches.isRunning(jobId)).toBe(true);
      await job.report();
      expect(await batches.isRunning(jobId)).toBe(false);
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });
});
