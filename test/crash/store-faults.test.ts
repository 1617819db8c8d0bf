/**
 * Goal: a full disk and a read-only store make a job wait, a damaged object makes it stop with a clear failure, and put
 * right it goes on: nothing lost, nothing paid twice. Method: a store on a small file system of its own that is filled up
 * or made read-only while the answer to a create is on its way; objects with a flipped byte under a Worker that stands
 * still for that moment.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findMessageBatchFailure } from '../../src/errors';
import { delaying, errored } from '../../src/simulator';
import { eventually, numberOf } from '../helpers/engine';
import { executedTwice, inputOf, paidTwice } from './expected';
import { startMachine, type Machine } from './machine';

const REQUESTS = 5;

/** Odd requests fail once. */
const retried = {
  batchTimeMs: 500,
  outcome: ({ params, attempt }: { params: Readonly<Record<string, unknown>>; attempt: number }) =>
    numberOf(params) % 2 === 1 && attempt === 1 ? errored('overloaded_error') : undefined,
};

async function expectWhole(machine: Machine, jobId: string): Promise<void> {
  const { results, failures } = await machine.output(jobId);
  const ids = results
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
  expect(ids).toEqual(Array.from({ length: REQUESTS }, (_, index) => `${jobId} #${index}`));
  expect(failures).toBe('');
  expect(paidTwice(machine.simulator)).toEqual([]);
  expect(await executedTwice(machine.simulator)).toEqual([]);
}

/** A file system of a few hundred KB; undefined where this user may not mount one. */
function mountSmall(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'crash-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
}

const disk = mountSmall();
const testOnDisk = disk === undefined ? test.skip : test;

const DISK_TROUBLES = {
  'a full disk': {
    begins: async (path: string) => {
      const ballast = Buffer.alloc(600_000);
      // As much as fits.
      await writeFile(join(path, 'ballast'), ballast).catch(() => undefined);
    },
    ends: (path: string) => rm(join(path, 'ballast'), { force: true }),
  },
  'a store that is read-only': {
    begins: (path: string) => remount(path, 'ro'),
    ends: (path: string) => remount(path, 'rw'),
  },
} as const;

/** Refused while a file is open for writing: tried until none is. */
async function remount(path: string, mode: 'ro' | 'rw'): Promise<void> {
  await eventually(() => {
    try {
      execFileSync('mount', ['-o', `remount,${mode}`, path], { stdio: 'ignore' });
      return Promise.resolve(true);
    } catch {
      return Promise.resolve(false);
    }
  }, `${path} is ${mode}`);
}

afterAll(() => {
  if (disk === undefined) return;
  execFileSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true, force: true });
});

describe('a store that takes nothing', () => {
  // Here: where no file system may be mounted, these are skipped.
  testOnDisk.each(Object.keys(DISK_TROUBLES) as (keyof typeof DISK_TROUBLES)[])(
    '%s, from the answer to a create on and once more at the end: the job waits and loses nothing',
    async (name) => {
      const path = disk ?? '';
      const { begins, ends } = DISK_TROUBLES[name];
      const jobId = name.replaceAll(' ', '-');
      const machine = await startMachine({ ...retried, storeFolder: join(path, jobId) });
      try {
        const worker = await machine.startWorker();
        let troubled = 0;
        for (const on of ['create', 'results'] as const) {
          machine.simulator.fault({
            on,
            stage: 'executed',
            action: () => {
              troubled += 1;
              void begins(path);
              return delaying(1000);
            },
          });
        }
        await machine.startJob(jobId, { input: inputOf(jobId, REQUESTS) });
        for (let number = 1; number <= 2; number++) {
          await eventually(() => Promise.resolve(troubled >= number), 'the trouble', 30_000);
          await sleep(4000);
          expect(await machine.statusOf(jobId)).toBe('RUNNING');
          await ends(path);
        }
        await machine.completed(jobId);
        await expectWhole(machine, jobId);
        expect(worker.isAlive()).toBe(true);
      } finally {
        await ends(path);
        await machine.close();
      }
    },
    120_000
  );
});

describe('a damaged object', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine(retried);
  });
  afterAll(async () => {
    await machine.close();
  });

  test.each([
    { what: 'body', since: 'plan\\.json$', key: 'chunks/1-0/body.json', batches: 1 },
    { what: 'input', since: 'chunks/1-0/collected\\.json$', key: null, batches: 2 },
    {
      what: 'outcomes',
      since: 'chunks/1-0/collected\\.json$',
      key: 'chunks/1-0/outcomes.jsonl',
      batches: 3,
    },
    {
      what: 'retry',
      since: 'chunks/1-0/collected\\.json$',
      key: 'chunks/1-0/retry.jsonl',
      batches: 2,
    },
  ])(
    '$what: the job fails as StoreDamaged, and goes on when the object is put right',
    async ({ what, since, key, batches }) => {
      const jobId = `damaged-${what}`;
      const taskQueue = jobId;
      const strike = { name: jobId, at: 'after', key: since, signal: 'SIGSTOP' } as const;
      const worker = await machine.startWorker({ taskQueue, strikes: [strike] });
      const before = machine.simulator.ledger.batches.length;
      const start = (): Promise<void> =>
        machine.startJob(jobId, { input: inputOf(jobId, REQUESTS), taskQueue });
      await start();
      await eventually(() => machine.struck(jobId), 'the moment has come', 30_000);
      const path = join(
        machine.storeFolder,
        key === null ? `inputs/${jobId}.jsonl` : `jobs/${jobId}/${key}`
      );
      const whole = await readFile(path);
      const flipped = Buffer.from(whole);
      const at = Math.floor(flipped.length / 2);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await writeFile(path, flipped);
      worker.thaw();
      const failed: unknown = await machine.client.workflow
        .getHandle(jobId)
        .result()
        .then(
          () => 'completed',
          (error: unknown) => findMessageBatchFailure(error)?.type
        );
      expect(failed).toBe('MessageBatch.StoreDamaged');
      expect(machine.simulator.ledger.batches.length - before).toBeLessThanOrEqual(batches);
      await writeFile(path, whole);
      await start();
      await machine.completed(jobId);
      await expectWhole(machine, jobId);
      await worker.kill();
    },
    90_000
  );
});
