/**
 * Goal: a POST whose answer is lost is paid for once, whatever became of it. Method: the simulator takes the batch and
 * drops the connection, or drops it first; others' batches of the same size lie beside it; the ledger counts.
 */
import Anthropic from '@anthropic-ai/sdk';
import {
  countsAtEnd,
  cutMidLine,
  dateAhead,
  dropping,
  failing,
  hanging,
  hiddenFor,
  listWithout,
  unorderedList,
  type Fault,
  type Simulator,
} from '../../src/simulator';
import {
  API_KEY,
  eventually,
  HOUR_MS,
  MINUTE_MS,
  question,
  requests,
  useEngine,
} from '../helpers/engine';

const withEngine = useEngine();

const LOST: Fault = { on: 'create', stage: 'executed', action: dropping() };

/** Another client's batch of as many requests in the same workspace, with ids that users choose. */
async function foreignBatch({ url }: Simulator, size: number): Promise<string> {
  const client = new Anthropic({ apiKey: API_KEY, baseURL: url });
  const { id } = await client.messages.batches.create({
    requests: requests(size, 'foreign').map(({ custom_id }, index) => ({
      custom_id: custom_id ?? '',
      params: question(`foreign ${index}`) as Anthropic.MessageCreateParamsNonStreaming,
    })),
  });
  return id;
}

function isLost({ ledger }: Simulator): boolean {
  return ledger.batches.length > 1;
}

describe('a lost answer to create', () => {
  test('the batch that was made is found by its results and adopted', async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      simulator.fault(LOST);
      const job = await batches.start(requests(3), { jobId });
      const report = await job.report();
      expect(report).toMatchObject({ succeeded: 3, rounds: 1 });
      expect(simulator.ledger.counts.create).toBe(1);
      expect(report.batches.map(({ id }) => id)).toEqual([simulator.ledger.batches[0]?.id]);
    });
  });

  test("another's batch of equal size beside it is told apart", async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      const foreign = [await foreignBatch(simulator, 3), await foreignBatch(simulator, 3)];
      simulator.fault(LOST);
      const job = await batches.start(requests(3), { jobId });
      const report = await job.report();
      expect(report).toMatchObject({ succeeded: 3, rounds: 1 });
      expect(foreign).not.toContain(report.batches[0]?.id);
      expect(simulator.ledger.batches).toHaveLength(3);
      expect(simulator.ledger.counts.cancel).toBe(0);
    });
  });

  test.each([
    { name: 'a date that is 10 minutes ahead', action: dateAhead(10 * MINUTE_MS) },
    { name: 'counts that are filled in at the end', action: countsAtEnd() },
  ])('behind a gateway with $name it is paid for once', async ({ action }) => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      simulator.fault({ on: '*', action, times: Infinity });
      simulator.fault(LOST);
      const job = await batches.start(requests(3), { jobId });
      expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 1, duplicates: [] });
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test.each([
    { name: 'out of order', action: unorderedList(), reason: 'not in the order of their creation' },
    { name: 'without has_more', action: listWithout('has_more'), reason: 'lacks `has_more`' },
  ])('with a list $name a person is asked', async ({ action, reason }) => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      await foreignBatch(simulator, 3);
      simulator.fault(LOST);
      simulator.fault({ on: 'list', action, times: Infinity, when: () => isLost(simulator) });
      const job = await batches.start(requests(3), { jobId });
      const asked = await eventually(async () => {
        const progress = await job.progress();
        return progress.status === 'paused' && progress;
      }, 'the job asks');
      expect(asked.paused_kind).toBe('submission');
      expect(asked.paused_reason).toContain(reason);
      const ours = simulator.ledger.batches[1]?.id;
      await job.resume({ submission: ours as `msgbatch_${string}` });
      expect(await job.report()).toMatchObject({ succeeded: 3 });
      expect(simulator.ledger.batches).toHaveLength(2);
    });
  });

  test.each([
    {
      name: 'a connection dropped before the API took it',
      fault: { on: 'create', action: dropping() },
    },
    { name: 'a 500', fault: { on: 'create', action: failing(500) } },
    { name: 'a 529', fault: { on: 'create', action: failing(529) } },
  ] satisfies { name: string; fault: Fault }[])(
    '$name: nothing shows up in lostAnswerWait, and the same bytes are submitted again',
    async ({ fault }) => {
      await withEngine({}, async ({ batches, jobId, simulator }) => {
        simulator.fault(fault);
        const job = await batches.start(requests(3), { jobId, lostAnswerWait: '10m' });
        const report = await job.report();
        expect(report).toMatchObject({ succeeded: 3, rounds: 1 });
        expect(simulator.ledger.batches).toHaveLength(1);
        expect(simulator.ledger.counts.create).toBe(2);
        const [batch] = simulator.ledger.batches;
        const startedMs = Date.parse(report.started_at);
        expect((batch?.createdAtMs ?? 0) - startedMs).toBeGreaterThanOrEqual(10 * MINUTE_MS);
      });
    }
  );

  test("a POST that was never taken, with another's batch of equal size: foreign when it ends, then submitted again", async () => {
    await withEngine(
      { batchTimeMs: 60 * MINUTE_MS },
      async ({ batches, env, jobId, simulator }) => {
        simulator.fault({ on: 'create', action: dropping() });
        const job = await batches.start(requests(3), { jobId });
        await eventually(() => Promise.resolve(simulator.ledger.counts.create === 1), 'the POST');
        // Later than the POST: what the list showed before it is no candidate.
        const foreign = await foreignBatch(simulator, 3);
        await env.sleep(3 * MINUTE_MS);
        const searching = await eventually(async () => {
          const { batches: known } = await job.progress();
          return known[0]?.note?.includes(foreign) && known[0];
        }, 'the search names the candidate');
        expect(searching).toMatchObject({ phase: 'reconciling', id: null });
        const report = await job.report();
        expect(report).toMatchObject({ succeeded: 3 });
        expect(report.batches[0]?.id).not.toBe(foreign);
        expect(simulator.ledger.batches).toHaveLength(2);
      }
    );
  });

  test('a deadline that passes closes the socket; an answer that arrives later is ignored', async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      simulator.fault({ on: 'create', stage: 'executed', action: hanging() });
      const job = await batches.start(requests(3), { jobId, submitTimeout: '1s' });
      expect(await job.report()).toMatchObject({ succeeded: 3 });
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test('three jobs of equal size that all lose their answers find their own batches', async () => {
    await withEngine({}, async ({ batches, jobId, simulator, lines }) => {
      simulator.fault({ ...LOST, times: 3 });
      const ids = ['a', 'b', 'c'].map((name) => `${jobId}-${name}`);
      const jobs = await Promise.all(
        ids.map((id) => batches.start(requests(3, id), { jobId: id }))
      );
      // One after the other: the test server stops skipping time when two results are waited for at once.
      const reports = [];
      for (const job of jobs) reports.push(await job.report());
      expect(reports.map(({ succeeded }) => succeeded)).toEqual([3, 3, 3]);
      expect(simulator.ledger.batches).toHaveLength(3);
      expect(new Set(reports.map(({ batches: [batch] }) => batch?.id)).size).toBe(3);
      for (const id of ids) {
        for (const { custom_id, result } of await lines('results.jsonl', id)) {
          const [, number] = /-(\d+)$/.exec(custom_id) ?? [];
          expect(result.message?.content[0]?.text).toContain(`${id} ${number}`);
        }
      }
    });
  });

  test("a candidate that is deleted before the proof pauses the job; a person's answer is checked and applied", async () => {
    await withEngine({}, async ({ batches, env, jobId, simulator }) => {
      simulator.fault(LOST);
      const job = await batches.start(requests(3), { jobId, checkMax: '5m' });
      await eventually(async () => {
        const { batches: known } = await job.progress();
        return known[0]?.note?.includes('msgbatch_');
      }, 'the candidate is seen');
      const [batch] = simulator.batches();
      batch?.setVisible(false);
      await env.sleep(10 * MINUTE_MS);
      const paused = await eventually(async () => {
        const progress = await job.progress();
        return progress.status === 'paused' && progress;
      }, 'a pause');
      expect(paused.paused_reason).toContain('cannot be read any more');
      await job.resume({ submission: 'msgbatch_01doesnotexist' });
      await eventually(
        async () => (await job.progress()).paused_reason?.includes('does not know the batch'),
        'the wrong word is refused'
      );
      batch?.setVisible(true);
      await job.resume({ submission: batch?.id as `msgbatch_${string}` });
      expect(await job.report()).toMatchObject({ succeeded: 3 });
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test('a batch that the list hides for longer than lostAnswerWait is found as a duplicate, and its cost is said', async () => {
    await withEngine({ batchTimeMs: HOUR_MS }, async ({ batches, jobId, simulator }) => {
      simulator.fault({ ...LOST, times: 2 });
      // Past the end of the first search (61 to 91 s), and not past that of the second.
      simulator.fault({ on: 'list', times: 1_000, action: hiddenFor(110_000) });
      const job = await batches.start(requests(3), { jobId, lostAnswerWait: '1m' });
      const report = await job.report();
      expect(report).toMatchObject({ succeeded: 3, rounds: 1 });
      const [kept, twin] = simulator.ledger.batches;
      expect(simulator.ledger.batches).toHaveLength(2);
      expect(report.batches.map(({ id }) => id)).toEqual([kept?.id]);
      expect(report.duplicates).toEqual([
        expect.objectContaining({ id: twin?.id, requests: 3, cost_usd: report.cost_usd }),
      ]);
    });
  });

  test('a batch that shows up after the second POST was answered is found when that is collected', async () => {
    await withEngine({ batchTimeMs: HOUR_MS }, async ({ batches, jobId, simulator }) => {
      simulator.fault(LOST);
      simulator.fault({ on: 'list', times: 1_000, action: hiddenFor(110_000) });
      // Of the twin: its first line as the proof, then the whole file for its cost, which does not come whole at first.
      simulator.fault({ on: 'results', skip: 1, action: cutMidLine(2) });
      const job = await batches.start(requests(3), { jobId, lostAnswerWait: '1m' });
      const report = await job.report();
      expect(report).toMatchObject({ succeeded: 3, rounds: 1 });
      const [twin, kept] = simulator.ledger.batches;
      expect(simulator.ledger.batches).toHaveLength(2);
      expect(report.batches.map(({ id }) => id)).toEqual([kept?.id]);
      expect(report.duplicates).toEqual([
        expect.objectContaining({ id: twin?.id, requests: 3, cost_usd: report.cost_usd }),
      ]);
      // The proof, the cost in two readings, and the results that are kept.
      expect(simulator.ledger.counts.results).toBe(4);
    });
  });

  test.each([
    { name: 'deleted after the proof', deletes: true },
    { name: 'whose results never come', deletes: false },
  ])('a duplicate $name does not keep the job from its own results', async ({ deletes }) => {
    await withEngine({ batchTimeMs: HOUR_MS }, async ({ batches, jobId, simulator }) => {
      simulator.fault(LOST);
      simulator.fault({ on: 'list', times: 1_000, action: hiddenFor(110_000) });
      const twinOf = (): string | undefined => simulator.ledger.batches[0]?.id;
      simulator.fault({
        on: 'results',
        times: 1_000,
        // The first reading of the twin is the proof.
        when: ({ batchId, callNumber }) => batchId === twinOf() && (!deletes || callNumber > 1),
        action: () => {
          if (deletes) simulator.batches()[0]?.setVisible(false);
          return failing(500);
        },
      });
      const job = await batches.start(requests(3), { jobId, lostAnswerWait: '1m' });
      const report = await job.report();
      expect(report).toMatchObject({ succeeded: 3, rounds: 1 });
      expect(simulator.ledger.batches).toHaveLength(2);
      const found = report.duplicates.map(({ id, cost_usd: cost }) => [id, cost]);
      expect(found).toEqual(deletes ? [[twinOf(), null]] : []);
    });
  });

  test('results that break off again and again are read until one line says whose the batch is', async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      simulator.fault(LOST);
      // More often than Temporal tries an Activity.
      simulator.fault({ on: 'results', times: 7, action: cutMidLine(0) });
      const job = await batches.start(requests(3), { jobId });
      expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 1, duplicates: [] });
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('a cancel that comes meanwhile waits for the truth, then cancels what is ours', async () => {
    await withEngine({ batchTimeMs: 2 * HOUR_MS }, async ({ batches, jobId, simulator }) => {
      simulator.fault(LOST);
      const job = await batches.start(requests(4), { jobId });
      await eventually(async () => {
        const { batches: known } = await job.progress();
        return known[0]?.note?.includes('msgbatch_');
      }, 'the candidate is seen');
      await job.cancel();
      // It has ended by the time it is proven ours: every result is kept.
      expect(await job.report()).toMatchObject({ status: 'canceled', succeeded: 4 });
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test('with lostAnswer "ask" the job pauses at once for a person', async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      simulator.fault({ on: 'create', action: dropping() });
      const job = await batches.start(requests(3), { jobId, lostAnswer: 'ask' });
      const paused = await eventually(async () => {
        const progress = await job.progress();
        return progress.status === 'paused' && progress;
      }, 'a pause');
      expect(paused.paused_reason).toContain('was lost');
      await job.resume({ submission: 'absent' });
      expect(await job.report()).toMatchObject({ succeeded: 3, rounds: 1 });
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });
});
