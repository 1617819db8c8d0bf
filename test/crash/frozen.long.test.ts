/**
 * Goal: a Worker that is suspended until Temporal has given its Activity to another one, and then comes back, pays nothing
 * and spoils nothing. Method: the process is stopped (SIGSTOP) right before or after it writes a certain object, another
 * Worker goes on, the first one is woken: when the other one is in the middle of it, or when the job has ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/engine';
import { chosen, createCrowd, CROWD_MS_MAX, doublePayments, inputOf } from './expected';
import { startMachine, type Machine } from './machine';

const REQUESTS = 3;

/** When the frozen Worker is woken. */
type Waking = 'when Temporal has given it up' | 'when the job has ended';

interface Case {
  readonly point: string;
  readonly at: 'before' | 'after';
  readonly key: string;
  readonly waking: Waking;
  readonly short?: boolean;
}

const INTENT = 'intents/[^.]+\\.json$';
const GIVEN_UP = 'when Temporal has given it up';
const ENDED = 'when the job has ended';

const CASES: readonly Case[] = chosen<Case>([
  { point: 'intent-1', at: 'before', key: INTENT, waking: GIVEN_UP },
  { point: 'intent-2', at: 'after', key: INTENT, waking: GIVEN_UP, short: true },
  { point: 'intent-3', at: 'before', key: INTENT, waking: ENDED },
  { point: 'intent-4', at: 'after', key: INTENT, waking: ENDED },
  { point: 'answer', at: 'before', key: '^batches/', waking: ENDED },
  { point: 'plan', at: 'before', key: 'plan\\.json$', waking: ENDED },
  { point: 'outcomes', at: 'before', key: 'outcomes\\.jsonl$', waking: ENDED },
  { point: 'collected', at: 'before', key: 'collected\\.json$', waking: ENDED },
  { point: 'results', at: 'before', key: 'results\\.jsonl$', waking: ENDED },
  { point: 'report', at: 'before', key: 'report\\.json$', waking: ENDED, short: true },
]);

/** Longer than the deadline of a POST, and than anything that a woken Activity still has to do. */
const AFTERMATH_MS = 1500;

let machine: Machine;
const ends = new Map<string, Promise<Outcome>>();

interface Outcome {
  readonly output: unknown;
  readonly report: string;
  readonly afterwards: { readonly output: unknown; readonly report: string };
}

async function runCase({ point, at, key, waking }: Case): Promise<Outcome> {
  const strike = { name: point, at, key, signal: 'SIGSTOP' } as const;
  const frozen = await machine.startWorker({ taskQueue: point, strikes: [strike] });
  await machine.startJob(point, {
    input: inputOf(point, REQUESTS),
    taskQueue: point,
    betas: [point],
  });
  await eventually(() => machine.struck(point), `${point} is reached`, 60_000);
  const other = await machine.startWorker({ taskQueue: point });
  // Temporal gives an Activity up after 2 seconds without a heartbeat: about when the other one takes over.
  if (waking === GIVEN_UP) {
    await sleep(2200);
    frozen.thaw();
  }
  await machine.completed(point);
  const readOutput = async (): Promise<Outcome['afterwards']> => ({
    output: await machine.output(point),
    report: await text(`jobs/${point}/report.json`),
  });
  const then = await readOutput();
  frozen.thaw();
  await sleep(AFTERMATH_MS);
  const afterwards = await readOutput();
  await Promise.all([frozen.kill(), other.kill()]);
  return { ...then, afterwards };
}

async function text(key: string): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of machine.store.read(key) as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

beforeAll(async () => {
  machine = await startMachine({ batchTimeMs: 500 });
  const crowd = createCrowd(4);
  for (const each of CASES) {
    const end = crowd(() => runCase(each));
    end.catch(() => undefined);
    ends.set(each.point, end);
  }
}, 60_000);
afterAll(async () => {
  await Promise.allSettled(ends.values());
  await machine.close();
});

describe('a Worker that was frozen', () => {
  test.each(CASES)(
    'stopped $at it wrote $key, woken $waking',
    async ({ point }) => {
      const end = await ends.get(point);
      expect(end?.afterwards).toEqual({ output: end?.output, report: end?.report });
      expect(JSON.parse(end?.report ?? '')).toMatchObject({ succeeded: REQUESTS, rounds: 1 });
      const { ledger } = machine.simulator;
      const posts = ledger.calls.filter(
        ({ operation, headers }) => operation === 'create' && headers['anthropic-beta'] === point
      );
      expect(posts).toHaveLength(1);
    },
    CROWD_MS_MAX
  );

  test('nothing was paid twice', async () => {
    await Promise.all(ends.values());
    expect(await doublePayments(machine.simulator)).toEqual([]);
  });
});
