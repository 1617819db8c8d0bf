/**
 * Goal: a full disk and a read-only store make a job wait, a damaged object makes it stop with a clear failure, and put
 * right it goes on: nothing lost, nothing paid twice. Method: a store on a small file system of its own that is filled up
 * or made read-only while the answer to a create is on its way; objects with a flipped byte under a Worker that is suspended
 * for that moment.
 */
import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findMessageBatchFailure } from '../../src/contract/failures';
import { delaying, errored, type FaultAction } from '../../src/simulator';
import { eventually, numberOf } from '../helpers/engine';
import { chosen, doublePayments, idsOf, inputOf, LONG, succeededIds } from './expected';
import { startMachine, type Machine } from './machine';
import { temporaryFolder } from '../helpers/temporary-folder';

const REQUESTS = 5;

/** Odd requests fail once. */
const retried = {
  batchTimeMs: 500,
  result: ({ params, attempt }: { params: Readonly<Record<string, unknown>>; attempt: number }) =>
    numberOf(params) % 2 === 1 && attempt === 1 ? errored('overloaded_error') : undefined,
};

/** What is wrong with a job's results; nothing should be. */
async function flawsOf(machine: Machine, jobId: string): Promise<string[]> {
  const { results, failures } = await machine.output(jobId);
  const ids = succeededIds(results);
  return [
    ...idsOf(jobId, REQUESTS).filter((id, index) => ids[index] !== id),
    ...ids.slice(REQUESTS),
    ...failures.split('\n').filter((line) => line !== ''),
    ...(await doublePayments(machine.simulator)),
  ];
}

/** A file system of a few hundred KB; undefined where this user may not mount one. */
function mountSmall(): string | undefined {
  const path = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path], {
      stdio: 'ignore',
    });
    return path;
  } catch {
    return undefined;
  }
}

const disk = mountSmall();
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
});

/** A job whose store takes nothing from the answer to its first create on, and once more when it collects. */
async function runInTrouble(name: keyof typeof DISK_TROUBLES, path: string) {
  const { begins, ends } = DISK_TROUBLES[name];
  const jobId = name.replaceAll(' ', '-');
  const machine = await startMachine({ ...retried, storeFolder: join(path, jobId) });
  const statuses: string[] = [];
  try {
    const worker = await machine.startWorker();
    let begun = 0;
    const action = (): FaultAction => {
      begun += 1;
      void begins(path);
      return delaying(1000);
    };
    machine.simulator.fault({ on: 'create', stage: 'executed', action });
    await machine.startJob(jobId, { input: inputOf(jobId, REQUESTS) });
    for (let number = 1; number <= 2; number++) {
      await eventually(() => Promise.resolve(begun >= number), 'the trouble', 30_000);
      await sleep(4000);
      statuses.push(await machine.statusOf(jobId));
      await ends(path);
      if (number === 1) machine.simulator.fault({ on: 'results', stage: 'executed', action });
    }
    await machine.completed(jobId);
    return { statuses, isAlive: worker.isAlive(), flaws: await flawsOf(machine, jobId) };
  } finally {
    await ends(path);
    await machine.close();
  }
}

// Where no file system may be mounted, these are skipped.
const describeOnDisk = disk === undefined ? describe.skip : describe;

describeOnDisk('a store on a file system of its own', () => {
  const troubles = chosen<{ name: keyof typeof DISK_TROUBLES; short?: boolean }>([
    { name: 'a full disk', short: true },
    { name: 'a store that is read-only' },
  ]);

  test.each(troubles)(
    '$name: the job waits, goes on when it is put right, loses nothing',
    async ({ name }) => {
      const run = await runInTrouble(name, disk ?? '');
      expect(run).toEqual({ statuses: ['RUNNING', 'RUNNING'], isAlive: true, flaws: [] });
    },
    120_000
  );
});

/** The only file that a pattern with one asterisk, at the start of the name, stands for. */
async function pathOf(pattern: string): Promise<string> {
  const [folder, end] = pattern.split('*');
  if (folder === undefined || end === undefined) return pattern;
  const name = (await readdir(folder)).find((file) => file.endsWith(end));
  return join(folder, name ?? '');
}

// Objects of every kind, and without processes, are damaged in `test/hostile`: here in the long version only.
(LONG ? describe : describe.skip)('a damaged object', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine(retried);
  });
  afterAll(async () => {
    await machine.close();
  });

  const cases = [
    { what: 'body', since: 'plan\\.json$', key: 'chunks/1-0/body.json', batches: 1 },
    { what: 'input', since: 'chunks/1-0/collected\\.json$', key: null, batches: 2 },
    {
      what: 'outcomes',
      since: 'chunks/1-0/collected\\.json$',
      key: 'chunks/1-0/*.outcomes.jsonl',
      batches: 3,
    },
    {
      what: 'retry',
      since: 'chunks/1-0/collected\\.json$',
      key: 'chunks/1-0/*.retry.jsonl',
      batches: 2,
    },
  ];

  test.each(cases)(
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
      const path = await pathOf(
        join(machine.storeFolder, key === null ? `inputs/${jobId}.jsonl` : `jobs/${jobId}/${key}`)
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
      expect(await flawsOf(machine, jobId)).toEqual([]);
      await worker.kill();
    },
    90_000
  );
});
