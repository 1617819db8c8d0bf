/**
 * Goal: `kill -9`, SIGTERM and SIGINT of the Worker at every step of a job cost nothing but time. Method: one job for each
 * group of points; the process gets the signal right before or after it writes a certain object, or while a certain call
 * is at the API, and a new one goes on. All of them share one server.
 */
import { delaying, dropping, errored, slowBody, type Fault } from '../../src/simulator';
import { numberOf } from '../helpers/engine';
import {
  chosen,
  createCrowd,
  CROWD_MS_MAX,
  doublePayments,
  idsOf,
  inputOf,
  LONG,
  succeededIds,
} from './expected';
import { startMachine, type KeptWorker, type Machine } from './machine';
import type { Strike } from './strikes';

const REQUESTS = 5;

/** Objects in the order in which a job writes them: 5 requests in chunks of 4, two of which fail once. */
const STEPS: readonly (readonly [name: string, key: string])[] = [
  ['job', 'job\\.json$'],
  ['body', 'chunks/1-0/body\\.json$'],
  ['chunk', 'chunks/1-1/chunk\\.json$'],
  ['plan', 'plan\\.json$'],
  ['intent', 'chunks/1-0/intents/[^.]+\\.json$'],
  ['owner', '^batches/'],
  ['batch', 'chunks/1-1/batch\\.json$'],
  ['intent-end', 'chunks/1-[01]/intents/[^.]+\\.end\\.json$'],
  ['outcomes', 'chunks/1-0/[^/]*outcomes\\.jsonl$'],
  ['collected', 'chunks/1-1/collected\\.json$'],
  ['round', 'rounds/2\\.json$'],
  ['intent-of-a-retry', 'chunks/2-0/intents/[^.]+\\.json$'],
  ['batch-of-a-retry', 'chunks/2-0/batch\\.json$'],
  ['results', 'results\\.jsonl$'],
  ['report', 'report\\.json$'],
  ['ids', 'ids\\.jsonl$'],
];

const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const;

interface Group {
  readonly group: string;
  readonly strikes: readonly Strike[];
}

function groupOf(
  name: string,
  { at, signal }: Pick<Strike, 'at' | 'signal'>,
  takes: (step: number) => boolean
): Group {
  const group = `${signal.toLowerCase()}-${name}`;
  const steps = STEPS.filter((_, step) => takes(step));
  return {
    group,
    strikes: steps.map(([step, key]) => ({ name: `${group}-${step}`, at, key, signal })),
  };
}

/** Every second step, so that a job is not struck twice in one go: four groups take all, before and after. */
const GROUPS = SIGNALS.flatMap((signal) =>
  (['before', 'after'] as const).flatMap((at, parity) =>
    LONG
      ? ['even', 'odd'].map((half, odd) =>
          groupOf(`${at}-${half}`, { at, signal }, (step) => step % 2 === odd)
        )
      : [groupOf(`${at}-some`, { at, signal }, (step) => step % 6 === 3 * parity + 1)]
  )
);

/** What strikes while a call is at the API. `kill` ends the Worker of this point's job. */
const ALL_CALLS: readonly {
  readonly point: string;
  readonly short?: boolean;
  readonly creates: number;
  readonly fault: (worker: () => KeptWorker['current']) => Omit<Fault, 'when'>;
}[] = [
  {
    point: 'create-has-arrived',
    creates: 1,
    fault: (worker) => ({
      on: 'create',
      stage: 'arrived',
      action: () => kill(worker, delaying(20)),
    }),
  },
  {
    point: 'create-is-read',
    creates: 2,
    fault: (worker) => ({ on: 'create', stage: 'read', action: () => kill(worker, dropping()) }),
  },
  {
    point: 'create-is-executed',
    short: true,
    creates: 1,
    fault: (worker) => ({
      on: 'create',
      stage: 'executed',
      action: () => kill(worker, dropping()),
    }),
  },
  {
    point: 'create-is-answered-and-not-heard',
    short: true,
    creates: 1,
    fault: (worker) => ({
      on: 'create',
      stage: 'executed',
      action: () => {
        // Stopped before the answer goes out, and killed before it could read it.
        const process = worker();
        process?.freeze();
        setTimeout(() => void process?.kill(), 300);
        return delaying(20);
      },
    }),
  },
  {
    point: 'retrieve-is-executed',
    creates: 1,
    fault: (worker) => ({
      on: 'retrieve',
      stage: 'executed',
      action: () => kill(worker, dropping()),
    }),
  },
  {
    point: 'results-are-on-their-way',
    creates: 1,
    fault: (worker) => ({
      on: 'results',
      stage: 'executed',
      action: () => {
        setTimeout(() => void worker()?.kill(), 100);
        return slowBody(64, 20);
      },
    }),
  },
];

const CALLS = chosen(ALL_CALLS);

function kill<T>(worker: () => KeptWorker['current'], then: T): T {
  void worker()?.kill();
  return then;
}

let machine: Machine;
const ends = new Map<string, Promise<void>>();

async function runPoint(point: string, strikes: readonly Strike[], requests: number) {
  const worker = machine.keepWorker({ taskQueue: point, strikes });
  const call = CALLS.find(({ point: name }) => name === point);
  if (call) {
    const fault = call.fault(() => worker.current);
    // The beta names the job in each of its calls.
    machine.simulator.fault({
      ...fault,
      when: ({ headers }) => headers['anthropic-beta'] === point,
    });
  }
  await machine.startJob(point, {
    input: inputOf(point, requests),
    taskQueue: point,
    betas: [point],
  });
  await machine.completed(point, 180_000);
  await worker.stop();
}

beforeAll(async () => {
  machine = await startMachine({
    batchTimeMs: 500,
    result: ({ params, attempt }) =>
      numberOf(params) % 2 === 1 && attempt === 1 ? errored('overloaded_error') : undefined,
  });
  const points = [
    ...CALLS.map(({ point }) => ({ point, strikes: [], requests: 1 })),
    ...GROUPS.map(({ group, strikes }) => ({ point: group, strikes, requests: REQUESTS })),
  ];
  const crowd = createCrowd(4);
  for (const { point, strikes, requests } of points) {
    const end = crowd(() => runPoint(point, strikes, requests));
    end.catch(() => undefined);
    ends.set(point, end);
  }
}, 60_000);
afterAll(async () => {
  await Promise.allSettled(ends.values());
  await machine.close();
});

describe('a signal ends the Worker', () => {
  test.each(CALLS)(
    'while a call is at the API: $point',
    async ({ point, creates }) => {
      await ends.get(point);
      const { results, failures } = await machine.output(point);
      expect(results.split('\n')).toHaveLength(2);
      expect(failures).toBe('');
      const posts = machine.simulator.ledger.calls.filter(
        ({ operation, headers }) => operation === 'create' && headers['anthropic-beta'] === point
      );
      expect(posts).toHaveLength(creates);
    },
    CROWD_MS_MAX
  );

  test.each(GROUPS)(
    'at the writing of an object: $group',
    async ({ group, strikes }) => {
      await ends.get(group);
      const missed: string[] = [];
      for (const { name } of strikes) if (!(await machine.struck(name))) missed.push(name);
      expect(missed).toEqual([]);
      const { results, failures } = await machine.output(group);
      expect(succeededIds(results)).toEqual(idsOf(group, REQUESTS));
      expect(failures).toBe('');
    },
    CROWD_MS_MAX
  );

  test(
    'nothing was paid twice',
    async () => {
      await Promise.all(ends.values());
      expect(await doublePayments(machine.simulator)).toEqual([]);
    },
    CROWD_MS_MAX
  );
});
