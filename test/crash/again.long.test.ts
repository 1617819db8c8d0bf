/**
 * Goal: terminated or reset at any point, a job that is started again under its id pays nothing twice and loses nothing.
 * Method: Temporal's dev server, real Worker processes; a job for each moment of its life; the reset goes to
 * every Workflow Task that there is by then, one after the other.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { errored } from '../../src/simulator';
import { eventually, numberOf } from '../helpers/engine';
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
import { startMachine, type Machine } from './machine';

const REQUESTS = 5;
const REACH_MS_MAX = 120_000;

/** Moments in the life of a job, by the object that stands from then on. */
const MOMENTS = {
  'is planned': 'plan.json',
  'has submitted': 'chunks/1-0/batch.json',
  'has collected': 'chunks/1-0/collected.json',
  'has written down a retry round': 'rounds/2.json',
  'has submitted the retry round': 'chunks/2-0/batch.json',
  'has ended': 'report.json',
} as const;

type Moment = keyof typeof MOMENTS;

const MOMENT_NAMES = Object.keys(MOMENTS) as Moment[];

let machine: Machine;
const ends = new Map<string, Promise<unknown>>();

const OPTIONS = { maxAttempts: 20 };

function start(jobId: string): Promise<void> {
  return machine.startJob(jobId, { input: inputOf(jobId, REQUESTS), ...OPTIONS });
}

async function reach(jobId: string, moment: Moment): Promise<void> {
  const key = `jobs/${jobId}/${MOMENTS[moment]}`;
  await eventually(async () => (await machine.store.size(key)) !== undefined, key, REACH_MS_MAX);
}

/** Starts the id again for as long as its executions end without a report. */
async function untilCompleted(jobId: string): Promise<void> {
  for (let starts = 0; starts < 5; starts++) {
    const status = await eventually(
      async () => {
        const now = await machine.statusOf(jobId);
        return now !== 'RUNNING' && now;
      },
      `${jobId} ends`,
      REACH_MS_MAX
    );
    if (status === 'COMPLETED') return;
    await start(jobId);
  }
  throw new Error(`${jobId} does not complete.`);
}

async function terminate(jobId: string, moment: Moment, withChildren: boolean): Promise<void> {
  await start(jobId);
  await reach(jobId, moment);
  const ids = withChildren
    ? ['', '/chunk-1-0', '/chunk-1-1', '/round-2', '/chunk-2-0'].map((part) => jobId + part)
    : [jobId];
  for (const id of ids) {
    const handle = machine.client.workflow.getHandle(id);
    // What has ended, or has not begun, can't be terminated.
    await handle.terminate('by the test').catch(() => undefined);
  }
  await start(jobId).catch((error: unknown) => {
    // The whole job was faster than the test: it ends by itself.
    if (!String(error).includes('already started')) throw error;
  });
  await untilCompleted(jobId);
}

async function resetToEveryPoint(jobId: string, part: string, moment: Moment): Promise<number> {
  await start(jobId);
  await reach(jobId, moment);
  const handle = machine.client.workflow.getHandle(jobId + part);
  const points = ((await handle.fetchHistory()).events ?? [])
    .filter(({ workflowTaskCompletedEventAttributes: completed }) => completed)
    .map(({ eventId }) => eventId);
  let resets = 0;
  for (const point of points) {
    resets += await machine.client.workflowService
      .resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: jobId + part },
        workflowTaskFinishEventId: point ?? null,
        requestId: randomUUID(),
        reason: 'by the test',
      })
      .then(
        () => 1,
        () => 0
      );
    await sleep(300);
  }
  await untilCompleted(jobId);
  return resets;
}

const TERMINATIONS = chosen(
  MOMENT_NAMES.flatMap((moment, index) => [
    {
      jobId: `terminated-${index}`,
      moment,
      withChildren: false,
      what: 'the job',
      short: moment === 'has collected',
    },
    {
      jobId: `razed-${index}`,
      moment,
      withChildren: true,
      what: 'the job and its children',
      short: moment === 'has submitted',
    },
  ])
);

interface Reset {
  readonly jobId: string;
  /** What is reset: the job, or a child of it. */
  readonly part: string;
  readonly moment: Moment;
  readonly what: string;
}

/** Every point of a job's history, one after the other: minutes on a machine with other work. Long version only. */
const RESETS: readonly Reset[] = [
  { jobId: 'reset-1', part: '', moment: 'has submitted', what: 'the job' },
  {
    jobId: 'reset-2',
    part: '',
    moment: 'has submitted the retry round',
    what: 'the job',
  },
  { jobId: 'reset-3', part: '', moment: 'has ended', what: 'the job' },
  { jobId: 'reset-4', part: '/chunk-1-0', moment: 'has submitted', what: 'a chunk' },
  { jobId: 'reset-5', part: '/chunk-1-0', moment: 'has collected', what: 'a chunk' },
  { jobId: 'reset-6', part: '/round-2', moment: 'has submitted the retry round', what: 'a round' },
];

beforeAll(async () => {
  machine = await startMachine({
    batchTimeMs: 600,
    cancelTimeMs: 200,
    result: ({ params, attempt }) =>
      numberOf(params) % 2 === 1 && attempt === 1 ? errored('overloaded_error') : undefined,
  });
  // Two Workers of one store, from the first step to the last.
  await Promise.all([machine.startWorker(), machine.startWorker()]);
  const crowd = createCrowd(6);
  for (const { jobId, moment, withChildren } of TERMINATIONS) {
    ends.set(
      jobId,
      crowd(() => terminate(jobId, moment, withChildren))
    );
  }
  for (const { jobId, part, moment } of LONG ? RESETS : []) {
    ends.set(
      jobId,
      crowd(() => resetToEveryPoint(jobId, part, moment))
    );
  }
  for (const end of ends.values()) end.catch(() => undefined);
}, 60_000);
afterAll(async () => {
  await Promise.allSettled(ends.values());
  await machine.close();
});

async function expectWhole(jobId: string): Promise<void> {
  const { results, failures } = await machine.output(jobId);
  expect(succeededIds(results)).toEqual(idsOf(jobId, REQUESTS));
  expect(failures).toBe('');
}

describe('started again under its id', () => {
  test.each(TERMINATIONS)(
    'after the end of $what by terminate, when the job $moment',
    async ({ jobId }) => {
      await ends.get(jobId);
      await expectWhole(jobId);
    },
    CROWD_MS_MAX
  );
});

(LONG ? describe : describe.skip)('reset to every point', () => {
  test.each(RESETS)(
    '$what, when the job $moment',
    async ({ jobId }) => {
      expect(await ends.get(jobId)).toBeGreaterThan(0);
      await expectWhole(jobId);
    },
    CROWD_MS_MAX
  );
});

test(
  'nothing was paid twice',
  async () => {
    await Promise.all(ends.values());
    expect(await doublePayments(machine.simulator)).toEqual([]);
  },
  CROWD_MS_MAX
);
