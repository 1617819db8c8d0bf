/**
 * Goal: cancel, pause and resume do what they promise in every phase, by Signal and by Temporal. Method: the whole
 * engine; virtual time does not advance until a test waits for a result, so a phase can be held as long as a test needs.
 */
import { delaying, errored, expired, failing, hanging } from '../../src/simulator';
import type { Store } from '../../src/store/store';
import {
  eventually,
  HOUR_MS,
  isPaused,
  isSubmitted,
  MINUTE_MS,
  numberOf,
  progressWhere,
  requests,
  useEngine,
} from '../helpers/engine';

const withEngine = useEngine();

describe('cancel', () => {
  test('of one chunk alone, by hand: the job fails and says what to do; started again, it comes out whole', async () => {
    await withEngine({}, async ({ batches, env, jobId, simulator }) => {
      const job = await batches.start(requests(3), { jobId });
      await job.pause();
      const chunk = env.client.workflow.getHandle(`${jobId}/chunk-1-0`);
      await eventually(
        () =>
          chunk.describe().then(
            () => true,
            () => false
          ),
        'the chunk runs'
      );
      await chunk.signal('cancel');
      await job.resume();
      await expect(job.report()).rejects.toMatchObject({
        type: 'MessageBatch.Interrupted',
        message: expect.stringContaining('Start it again') as string,
      });
      expect(simulator.ledger.batches).toHaveLength(0);
      const again = await batches.start(requests(3), { jobId });
      expect(await again.report()).toMatchObject({ status: 'completed', succeeded: 3 });
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('while a batch runs: it is canceled at the API, and every finished result is kept', async () => {
    await withEngine({ batchTimeMs: 2 * HOUR_MS }, async ({ batches, env, jobId, simulator }) => {
      const job = await batches.start(requests(10), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(HOUR_MS);
      await job.cancel();
      const report = await job.report();
      expect(report.status).toBe('canceled');
      expect(report.succeeded).toBeGreaterThan(3);
      expect(report.canceled).toBeGreaterThan(3);
      expect(report.succeeded + report.canceled).toBe(10);
      expect(simulator.ledger.counts).toMatchObject({ create: 1, cancel: 1 });
    });
  });

  test("by Temporal's own cancellation: the same, and the Workflow ends as Cancelled", async () => {
    await withEngine({ batchTimeMs: 2 * HOUR_MS }, async ({ batches, env, jobId, simulator }) => {
      const job = await batches.start(requests(4), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      const handle = env.client.workflow.getHandle(jobId);
      await handle.cancel();
      const report = await job.report();
      expect(report).toMatchObject({ status: 'canceled', requests: 4 });
      await eventually(
        async () => (await handle.describe()).status.name === 'CANCELLED',
        'the Workflow is closed'
      );
      expect(simulator.ledger.counts).toMatchObject({ create: 1, cancel: 1 });
    });
  });

  test('before anything is submitted: nothing is paid for, and every request is accounted for', async () => {
    await withEngine(
      { worker: null },
      async ({ batches, jobId, lines, simulator, startWorker }) => {
        const job = await batches.start(requests(5), { jobId });
        await job.cancel();
        await startWorker();
        const report = await job.report();
        expect(report).toMatchObject({ status: 'canceled', requests: 5, canceled: 5, batches: [] });
        const failures = await lines('failures.jsonl');
        expect(failures.map(({ attempts, result }) => [attempts, result.type])).toEqual(
          Array.from({ length: 5 }, () => [0, 'canceled'])
        );
        expect(simulator.ledger.counts.create).toBe(0);
      }
    );
  });

  test('while it is paused: the pause does not hold it up', async () => {
    await withEngine({ worker: null }, async ({ batches, jobId, simulator, startWorker }) => {
      const job = await batches.start(requests(5), { jobId });
      await job.pause();
      await startWorker();
      await progressWhere(job, ({ status }) => status === 'paused', 'the job is paused');
      await job.cancel();
      expect(await job.report()).toMatchObject({ status: 'canceled', canceled: 5 });
      expect(simulator.ledger.counts.create).toBe(0);
    });
  });

  test('while a retry round waits for its time: the failures stand as they are', async () => {
    const result = () => errored('overloaded_error');
    await withEngine({ result }, async ({ batches, env, jobId, lines, simulator }) => {
      const job = await batches.start(requests(3), { jobId, retryDelay: '5h', checkMax: '2h' });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(3 * HOUR_MS);
      await progressWhere(job, ({ next_round_at }) => next_round_at !== null, 'a round is due');
      await job.cancel();
      expect(await job.report()).toMatchObject({ status: 'canceled', errored: 3, rounds: 1 });
      expect((await lines('failures.jsonl')).map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test('in a retry round: what the first round brought is kept', async () => {
    const result = ({ params }: { params: Readonly<Record<string, unknown>> }) =>
      numberOf(params) === 0 ? errored('overloaded_error') : undefined;
    await withEngine({ result }, async ({ batches, env, jobId, simulator }) => {
      simulator.configure({
        batchTimeMs: ({ sequence }) => (sequence === 0 ? MINUTE_MS : 9 * HOUR_MS),
      });
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(10 * MINUTE_MS);
      await progressWhere(
        job,
        ({ batches: known }) =>
          known.some(({ round, phase }) => round === 2 && phase === 'processing'),
        'round 2 is submitted'
      );
      await job.cancel();
      expect(await job.report()).toMatchObject({ status: 'canceled', succeeded: 2, canceled: 1 });
      expect(simulator.ledger.counts.cancel).toBe(1);
    });
  });

  test('while the plan waits for the API: nothing is asked any more, nothing is paid for', async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      const fault = simulator.fault({ on: 'list', times: Infinity, action: failing(529) });
      const job = await batches.start(requests(5), { jobId });
      await eventually(() => Promise.resolve(fault.struck > 0), 'the plan has begun');
      await job.cancel();
      expect(await job.report()).toMatchObject({ status: 'canceled', canceled: 5, batches: [] });
      expect(simulator.ledger.counts.create).toBe(0);
    });
  });

  test('while the POST is under way: it runs to its answer, and its batch is canceled, once', async () => {
    await withEngine({ batchTimeMs: 5 * HOUR_MS }, async ({ batches, env, jobId, simulator }) => {
      const slow = simulator.fault({ on: 'create', stage: 'read', action: delaying(1_000) });
      const job = await batches.start(requests(3), { jobId });
      await eventually(() => Promise.resolve(slow.struck > 0), 'the POST is under way');
      await job.cancel();
      await env.client.workflow.getHandle(jobId).cancel();
      await job.cancel();
      expect(await job.report()).toMatchObject({ status: 'canceled', canceled: 3 });
      expect(simulator.ledger.counts).toMatchObject({ create: 1, cancel: 1 });
    });
  });

  test('while a retry round is planned: it is written down, and nothing of it is submitted', async () => {
    const result = () => errored('overloaded_error');
    await withEngine({ worker: null, result }, async (engine) => {
      const { batches, jobId, lines, simulator, startWorker, store } = engine;
      const gate = gated(store, `jobs/${jobId}/rounds/2.json`);
      await startWorker({ store: gate.store });
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      // Time does not advance while an Activity runs: this ends when the gate is open.
      const slept = engine.env.sleep(2 * HOUR_MS);
      await eventually(() => Promise.resolve(gate.isReached()), 'round 2 is being planned');
      await job.cancel();
      gate.open();
      await slept;
      expect(await job.report()).toMatchObject({ status: 'canceled', errored: 3, canceled: 0 });
      expect((await lines('failures.jsonl')).map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test('by Temporal while an answer is lost: the Signals that follow still reach the chunk', async () => {
    await withEngine({}, async ({ batches, env, jobId, simulator }) => {
      simulator.fault({ on: 'create', times: 1, action: hanging() });
      const options = { jobId, submitTimeout: '1s', lostAnswer: 'ask' } as const;
      const job = await batches.start(requests(3), options);
      await progressWhere(job, isPaused, 'a pause');
      await env.client.workflow.getHandle(jobId).cancel();
      await env.sleep(MINUTE_MS);
      expect(await job.progress()).toMatchObject({ status: 'paused', phase: 'canceling' });
      await job.resume({ submission: 'absent' });
      expect(await job.report()).toMatchObject({ status: 'canceled', canceled: 3 });
      expect(simulator.ledger.batches).toHaveLength(0);
    });
  });
});

describe('pause and resume', () => {
  test('a paused job submits nothing, watches and collects what runs, and goes on after resume', async () => {
    const result = ({ attempt }: { attempt: number }) => (attempt === 1 ? expired() : undefined);
    await withEngine({ result }, async ({ batches, env, jobId, simulator }) => {
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await job.pause();
      await env.sleep(30 * HOUR_MS);
      const paused = await progressWhere(
        job,
        ({ batches: known }) => known[0]?.phase === 'ended',
        'the batch is collected'
      );
      expect(paused).toMatchObject({ status: 'paused', processing: 3 });
      expect(simulator.ledger.counts.create).toBe(1);
      await job.resume();
      expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 2 });
    });
  });

  test.each([
    { name: 'a revoked key', status: 401, type: 'authentication_error' },
    { name: 'a billing problem', status: 402, type: 'billing_error' },
    { name: 'a missing permission', status: 403, type: 'permission_error' },
  ])(
    '$name pauses the job with a reason; it goes on after resume, without a lost attempt',
    async ({ status, type }) => {
      await withEngine({}, async ({ batches, jobId, simulator }) => {
        simulator.fault({ on: 'create', times: 1, action: failing(status, { errorType: type }) });
        const job = await batches.start(requests(3), { jobId, maxAttempts: 1 });
        const paused = await progressWhere(
          job,
          (progress) => progress.status === 'paused',
          'a pause'
        );
        expect(paused.paused_reason).toContain(String(status));
        await job.resume({ kind: 'account' });
        expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 1 });
        expect(simulator.ledger.batches).toHaveLength(1);
      });
    }
  );

  test('an item that failed for want of credit pauses the job and uses up no attempt', async () => {
    const result = ({
      params,
      attempt,
    }: {
      params: Readonly<Record<string, unknown>>;
      attempt: number;
    }) =>
      numberOf(params) === 1 && attempt === 1
        ? errored('invalid_request_error', {
            message: 'Your credit balance is too low to access the API.',
          })
        : undefined;
    await withEngine({ result, batchTimeMs: MINUTE_MS }, async ({ batches, env, jobId }) => {
      const job = await batches.start(requests(3), { jobId, maxAttempts: 1 });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(10 * MINUTE_MS);
      const paused = await progressWhere(job, ({ status }) => status === 'paused', 'a pause');
      expect(paused.paused_reason).toContain('1 requests failed because of the account');
      await job.resume();
      expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 2 });
    });
  });

  test("resuming account pauses leaves a person's pause", async () => {
    await withEngine({ worker: null }, async ({ batches, env, jobId, simulator, startWorker }) => {
      const job = await batches.start(requests(2), { jobId });
      await job.pause();
      await startWorker();
      await progressWhere(job, ({ status }) => status === 'paused', 'a pause');
      await job.resume({ kind: 'account' });
      await env.sleep(MINUTE_MS);
      expect(await job.progress()).toMatchObject({ status: 'paused' });
      expect(simulator.ledger.counts.create).toBe(0);
      await job.resume();
      expect(await job.report()).toMatchObject({ succeeded: 2 });
    });
  });

  test('checkNow looks at once', async () => {
    await withEngine({ batchTimeMs: MINUTE_MS }, async ({ batches, env, jobId, simulator }) => {
      const job = await batches.start(requests(2), { jobId, checkMin: '10h', checkMax: '10h' });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      await env.sleep(2 * MINUTE_MS);
      expect(simulator.ledger.counts.retrieve).toBe(0);
      await job.checkNow();
      await eventually(
        () => Promise.resolve(simulator.ledger.counts.results > 0),
        'the results are fetched'
      );
      expect(await job.report()).toMatchObject({ succeeded: 2 });
    });
  });

  test('a round that is due waits for resume; Signals that come in a heap end as they were sent', async () => {
    const result = ({ attempt }: { attempt: number }) =>
      attempt === 1 ? errored('overloaded_error') : undefined;
    await withEngine({ result }, async ({ batches, env, jobId, simulator }) => {
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      for (let times = 0; times < 5; times++) {
        await job.pause();
        await job.resume();
        await job.checkNow();
      }
      await job.pause();
      await env.sleep(9 * HOUR_MS);
      const paused = await progressWhere(job, isPaused, 'a pause');
      expect(paused).toMatchObject({ phase: 'running', processing: 3, round: 1 });
      expect(paused.next_round_at).not.toBeNull();
      expect(simulator.ledger.counts.create).toBe(1);
      for (let times = 0; times < 5; times++) {
        await job.resume();
        await job.pause();
      }
      await job.resume();
      expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 2 });
    });
  });
});

describe('Signals of any shape', () => {
  test('break nothing', async () => {
    await withEngine({}, async ({ batches, env, histories, jobId, simulator }) => {
      const job = await batches.start(requests(3), { jobId });
      await progressWhere(job, isSubmitted, 'the batch is submitted');
      const garbage: unknown[][] = [
        [],
        [null],
        ['absent'],
        [7, { round: 1 }],
        [[]],
        [{ round: 1, chunk: 0, phase: 'ended', pause: { kind: 7 }, collected: {} }],
        [{ round: 1, chunk: 0, phase: 'x', requests: 1, submittedAt: 'never', batchId: null }],
        [{ round: 1, plan: { round: 1 } }],
        [{ submission: { id: 'x' }, only: 7, kind: 'person', reason: 3 }],
        [{ reason: 'x'.repeat(10_000) }],
      ];
      const names = ['pause', 'checkNow', 'resume', 'messageBatchChunkChanged'];
      for (const id of [jobId, `${jobId}/chunk-1-0`]) {
        const handle = env.client.workflow.getHandle(id);
        for (const name of [...names, 'messageBatchRoundChanged', 'noSignalOfOurs']) {
          for (const args of garbage) await handle.signal(name, ...args);
        }
        await handle.signal('resume');
      }
      const running = await progressWhere(job, ({ status }) => status === 'running', 'no pause');
      expect(running).toMatchObject({ requests: 3, processing: 3 });
      expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 1 });
      expect(simulator.ledger.counts.create).toBe(1);
      const failed = (await histories()).flatMap(({ history }) =>
        (history.events ?? []).filter(({ workflowTaskFailedEventAttributes: task }) => task != null)
      );
      expect(failed).toEqual([]);
    });
  });
});

/** A store in which one object cannot be written before the gate is open. */
function gated(
  store: Store,
  gatedKey: string
): { store: Store; open: () => void; isReached: () => boolean } {
  let open = (): void => undefined;
  let reached = false;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const writeNew: Store['writeNew'] = async (key, source) => {
    if (key === gatedKey) {
      reached = true;
      await opened;
    }
    return store.writeNew(key, source);
  };
  const gatedStore = new Proxy(store, {
    get: (target, name) => {
      const member: unknown = name === 'writeNew' ? writeNew : Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return {
    store: gatedStore,
    open: () => {
      open();
    },
    isReached: () => reached,
  };
}
