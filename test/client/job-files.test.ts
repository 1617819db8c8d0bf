/**
 * Goal: a job's results are read whole or end with an error, wherever the store is mounted. Method: jobs on the engine,
 * whose files are then cut, changed, removed, or moved.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MessageBatches, type JobHandle } from '../../src/index';
import { errored } from '../../src/simulator';
import { requests, useEngine } from '../helpers/engine';

const withEngine = useEngine();

/** Every third request fails. */
const result = ({ index }: { index: number }) =>
  index % 3 === 0 ? errored('invalid_request_error') : undefined;

async function count(source: AsyncIterable<unknown>): Promise<number> {
  let read = 0;
  for await (const each of source) read += each === undefined ? 0 : 1;
  return read;
}

const READERS: readonly [
  file: 'results' | 'failures',
  read: (job: JobHandle) => AsyncIterable<unknown>,
][] = [
  ['results', (job) => job.results()],
  ['failures', (job) => job.failures()],
];

test.each(READERS)('a damaged %s.jsonl ends with an error', async (file, read) => {
  await withEngine({ result }, async ({ batches, jobId }) => {
    const job = await batches.start(requests(7), { jobId });
    const path = new URL((await job.report())[file].uri);
    const whole = await readFile(path, 'utf8');
    const damages: Record<string, string> = {
      'cut at the end of a line': whole.slice(0, whole.indexOf('\n') + 1),
      empty: '',
      'longer by a line': `${whole}${whole}`,
      'one byte changed': whole.replace('item-', 'itex-'),
    };
    for (const [damage, text] of Object.entries(damages)) {
      await writeFile(path, text);
      await expect(count(read(job)).then(() => damage)).rejects.toMatchObject({
        type: 'MessageBatch.StoreDamaged',
      });
    }
    await rm(path);
    await expect(count(read(job))).rejects.toMatchObject({ type: 'MessageBatch.BadReference' });
  });
});

test('a cut file yields nothing: its length is compared first', async () => {
  await withEngine({}, async ({ batches, jobId }) => {
    const job = await batches.start(requests(3), { jobId });
    const path = new URL((await job.report()).results.uri);
    const whole = await readFile(path, 'utf8');
    await writeFile(path, whole.slice(0, whole.indexOf('\n') + 1));
    let yielded = 0;
    const reading = (async () => {
      for await (const { custom_id } of job.results()) yielded += custom_id.length;
    })();
    await expect(reading).rejects.toMatchObject({ type: 'MessageBatch.StoreDamaged' });
    expect(yielded).toBe(0);
  });
});

test.each(["the job's own folder", 'a folder of the user'])(
  'files in %s are read from a store that was moved',
  async (where) => {
    await withEngine({ result }, async ({ batches, env, folder, jobId, store }) => {
      const output = where === 'a folder of the user' ? { output: store.uriOf('nightly/out') } : {};
      await (await batches.start(requests(7), { jobId, ...output })).report();
      const moved = join(folder, 'moved');
      await rename(join(folder, 'store'), moved);
      const elsewhere = new MessageBatches({ client: env.client, store: moved });
      const job = elsewhere.getHandle(jobId);
      expect([await count(job.results()), await count(job.failures())]).toEqual([4, 3]);
    });
  }
);
