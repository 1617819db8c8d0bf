/**
 * Goal: however often Workers and Temporal's server die, and wherever, and whatever the Workers' clocks say, a job comes out
 * as if nothing had happened, paid for once. Method: real processes, some with clocks that are years off, killed with SIGKILL
 * at random moments by a seeded generator; the files are compared with those of an undisturbed run, the simulator's ledger counts
 * what was paid.
 *
 * `npm run test:all` runs many seeds; CRASH_SEED=7 runs that one again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cutMidLine,
  dropping,
  errored,
  expired,
  type ScriptedResult,
  type ScriptedRequest,
} from '../../src/simulator';
import { numberOf } from '../helpers/engine';
import { doublePayments, inputOf, LONG } from './expected';
import { startMachine, type Machine } from './machine';

const JOBS = { alpha: 14, beta: 9, gamma: 5 } as const;
const SEEDS = process.env['CRASH_SEED']
  ? [Number(process.env['CRASH_SEED'])]
  : Array.from({ length: Number(process.env['CRASH_SEEDS'] ?? 1) }, (_, index) => index + 1);
const KILLS = LONG ? 6 : 4;
const BATCH_TIME_MS = 800;
const YEARS_MS = 5 * 365 * 24 * 60 * 60 * 1000;

/** By the request and its attempt alone, so that two runs that pay alike end alike. */
function result({ params, attempt }: ScriptedRequest): ScriptedResult | undefined {
  switch (numberOf(params) % 6) {
    case 1:
      return attempt === 1 ? errored('overloaded_error') : undefined;
    case 2:
      return attempt === 1 ? expired() : undefined;
    case 3:
      return errored('invalid_request_error');
    case 4:
      return attempt < 3 ? errored('api_error') : undefined;
    case 5:
      return errored('overloaded_error');
    default:
      return undefined;
  }
}

/** Ends batches in which a request never would: the simulator's day is as long as ours. */
function endOldBatches({ simulator }: Machine): NodeJS.Timeout {
  return setInterval(() => {
    for (const batch of simulator.batches()) {
      if (Date.now() - batch.createdAtMs > BATCH_TIME_MS) void batch.end();
    }
  }, 100);
}

/** Runs the jobs on a machine that `disturb` may take apart, and returns their files. */
async function runJobs(disturb: (machine: Machine, isOver: () => boolean) => Promise<void>) {
  const machine = await startMachine({ batchTimeMs: BATCH_TIME_MS, result });
  const ending = endOldBatches(machine);
  try {
    for (const [name, count] of Object.entries(JOBS)) {
      await machine.startJob(name, { input: inputOf(name, count) });
    }
    let over = false;
    const disturbed = disturb(machine, () => over);
    for (const name of Object.keys(JOBS)) await machine.completed(name);
    over = true;
    await disturbed;
    const outputs: Record<string, unknown> = {};
    for (const name of Object.keys(JOBS)) outputs[name] = await machine.output(name);
    const { simulator } = machine;
    return { outputs, twice: await doublePayments(simulator) };
  } finally {
    clearInterval(ending);
    await machine.close();
  }
}

async function workUndisturbed(machine: Machine, isOver: () => boolean): Promise<void> {
  const worker = machine.keepWorker();
  while (!isOver()) await sleep(50);
  await worker.stop();
}

/**
 * Kills Workers, the server or both, again and again, and loses answers. Every other seed has two Workers, whose clocks are
 * five years ahead and five years behind.
 */
async function killAtRandom(machine: Machine, seed: number, isOver: () => boolean): Promise<void> {
  const random = mulberry32(seed);
  const upToThree = (): number => Math.floor(random() * 4);
  const { simulator } = machine;
  simulator.fault({ on: 'create', stage: 'executed', skip: upToThree(), action: dropping() });
  simulator.fault({ on: 'create', stage: 'read', skip: upToThree(), action: dropping() });
  simulator.fault({ on: 'results', skip: upToThree(), action: cutMidLine(1) });
  const clocks = seed % 2 === 1 ? [YEARS_MS, -YEARS_MS] : [0];
  const workers = clocks.map((clockShiftMs) => machine.keepWorker({ clockShiftMs }));
  for (let kills = 0; kills < KILLS && !isOver(); kills++) {
    await sleep(150 + random() * 1500);
    const choice = random();
    const victim = workers[Math.floor(random() * workers.length)];
    const serverDown = choice > 0.5;
    await Promise.all([
      choice < 0.75 ? victim?.current?.kill() : undefined,
      serverDown ? machine.server.kill() : undefined,
    ]);
    await sleep(random() * 300);
    if (serverDown) await machine.server.start();
  }
  while (!isOver()) await sleep(50);
  await Promise.all(workers.map((worker) => worker.stop()));
}

/** A small generator of numbers from 0 to 1 that are the same for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const runs = new Map<number | 'undisturbed', ReturnType<typeof runJobs>>();

/** Begins a run, or finds it begun. */
function run(
  name: number | 'undisturbed',
  disturb: Parameters<typeof runJobs>[0]
): ReturnType<typeof runJobs> {
  const known = runs.get(name);
  if (known) return known;
  const begun = runJobs(disturb);
  begun.catch(() => undefined);
  runs.set(name, begun);
  return begun;
}

const runUndisturbed = (): ReturnType<typeof runJobs> => run('undisturbed', workUndisturbed);
const runSeed = (seed: number): ReturnType<typeof runJobs> =>
  run(seed, (machine, isOver) => killAtRandom(machine, seed, isOver));

afterAll(async () => {
  await Promise.allSettled(runs.values());
});

describe('jobs have the results and the price of an undisturbed run', () => {
  test.each(SEEDS)(
    'seed %i: Workers and server die',
    async (seed) => {
      // Each run waits more than it works: the next one starts while this one is looked at.
      const ahead = SEEDS[SEEDS.indexOf(seed) + 1];
      if (ahead !== undefined) void runSeed(ahead);
      const [reference, shaken] = await Promise.all([runUndisturbed(), runSeed(seed)]);
      expect(reference.twice).toEqual([]);
      expect(shaken).toEqual(reference);
    },
    180_000
  );
});
