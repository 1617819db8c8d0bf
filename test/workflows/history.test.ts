/**
 * Goal: what a job leaves in Temporal is short, says what goes on, and contains nothing private. Method:
 * the whole engine, then every event of every history.
 */
import { readFile } from 'node:fs/promises';
import { errored, extraFields, failing } from '../../src/simulator';
import {
  API_KEY,
  HOUR_MS,
  isSubmitted,
  MINUTE_MS,
  progressWhere,
  question,
  requests,
  useEngine,
  workflowBundle,
} from '../helpers/engine';

const withEngine = useEngine();

describe('the history', () => {
  test('of a job of 24 hours: about a hundred checks and some 1,100 events, each with its summary', async () => {
    const settings = { batchTimeMs: 24 * HOUR_MS - MINUTE_MS };
    await withEngine(settings, async ({ batches, histories, jobId, simulator }) => {
      const job = await batches.start(requests(3), { jobId });
      const report = await job.report();
      const [parent, chunk] = await histories();
      expect(simulator.ledger.counts.retrieve).toBeGreaterThan(95);
      expect(simulator.ledger.counts.retrieve).toBeLessThan(110);
      expect(chunk?.history.events?.length).toBeGreaterThan(1_000);
      expect(chunk?.history.events?.length).toBeLessThan(1_250);
      expect(parent?.history.events?.length).toBeLessThan(60);
      const batchId = report.batches[0]?.id ?? '';
      const summaries = [
        'submit chunk 1-0',
        `check 1 of ${batchId}, next in 30 s`,
        `check 40 of ${batchId}, next in 15 min`,
        `collect ${batchId}`,
      ];
      expect(summaries.filter((summary) => !chunk?.json.includes(summary))).toEqual([]);
      expect(parent?.json.includes('write results, failures and report')).toBe(true);
    });
  });

  test('is as long for 3,000 requests as for three', async () => {
    await withEngine({}, async ({ batches, histories, jobId }) => {
      const lengths: number[] = [];
      for (const count of [3, 3_000]) {
        const id = `${jobId}-${count}`;
        await (await batches.start(requests(count), { jobId: id })).report();
        const all = await histories(id);
        lengths.push(all.reduce((sum, { json }) => sum + json.length, 0));
      }
      const [few = 0, many = 0] = lengths;
      // A Workflow Task more or less is chance; the rest are digits.
      expect(Math.abs(many - few)).toBeLessThan(few * 0.1);
    });
  });

  test('holds no prompt, answer, custom_id, params or key, whatever fails', async () => {
    const list = [
      ...requests(3, 'SECRET-ID'),
      {
        custom_id: 'SECRET-ID-9',
        params: { ...question('SECRET'), metadata: { user_id: 'SECRET' } },
      },
    ];
    const result = ({ index }: { index: number }) =>
      index === 0
        ? errored('invalid_request_error', { message: 'SECRET-TEXT was in your prompt' })
        : index === 1
          ? errored('overloaded_error', { message: 'SECRET-TEXT' })
          : undefined;
    await withEngine({ result }, async ({ batches, histories, jobId, simulator }) => {
      simulator.fault({
        on: ['create', 'retrieve', 'results'],
        times: 4,
        action: failing(500, { message: 'SECRET-TEXT: your request said SECRET' }),
      });
      const params = { system: 'SECRET-SYSTEM' };
      const job = await batches.start(list, { jobId, params });
      const report = await job.report();
      // And one that fails: for bad lines, and for an unknown answer.
      const bad = [{ custom_id: 'SECRET-ID', params: 'SECRET' as unknown as object }];
      await expect((await batches.start(bad, { jobId: `${jobId}-2` })).report()).rejects.toThrow();
      const odd = { type: 'message', processing_status: 'SECRET-STATUS' };
      simulator.fault({ on: 'retrieve', times: Infinity, action: extraFields(odd) });
      const unknown = await batches.start(requests(1, 'SECRET-ID'), { jobId: `${jobId}-3` });
      await expect(unknown.report()).rejects.toThrow('unknown way');
      for (const id of [jobId, `${jobId}-2`, `${jobId}-3`]) {
        for (const { json, workflowId } of await histories(id)) {
          expect({ workflowId, found: /.{0,80}SECRET.{0,40}/.exec(json)?.[0] }).toEqual({
            workflowId,
            found: undefined,
          });
          for (const marker of [API_KEY, 'Classify']) expect(json.includes(marker)).toBe(false);
        }
      }
      // The markers do come through where they belong.
      const results = await readFile(new URL(report.failures.uri), 'utf8');
      expect(results).toContain('SECRET-TEXT');
    });
  });
});

describe('progress', () => {
  test('adds up in every phase, and its next check is plausible', async () => {
    const settings = {
      worker: null,
      batchTimeMs: 2 * HOUR_MS,
      result: ({ attempt, index }: { attempt: number; index: number }) =>
        attempt === 1 && index === 0 ? errored('overloaded_error') : undefined,
    };
    await withEngine(settings, async ({ batches, env, jobId, startWorker }) => {
      const job = await batches.start(requests(4), { jobId, retryDelay: '3h' });
      const seen: string[] = [];
      const progressAt = async (where: Parameters<typeof progressWhere>[1], what: string) => {
        const progress = await progressWhere(job, where, what);
        seen.push(progress.phase);
        const { succeeded, errored: failed, expired, canceled, missing, processing } = progress;
        expect(succeeded + failed + expired + canceled + missing + processing).toBe(
          progress.requests
        );
        return progress;
      };
      await startWorker();
      await progressAt(({ phase }) => phase === 'planning' || phase === 'running', 'it has begun');
      const submitted = await progressAt(isSubmitted, 'the batch is submitted');
      expect(submitted).toMatchObject({
        job_id: jobId,
        status: 'running',
        phase: 'running',
        paused_reason: null,
        requests: 4,
        processing: 4,
        round: 1,
        next_round_at: null,
      });
      const submittedMs = Date.parse(submitted.batches[0]?.submitted_at ?? '');
      const nextCheckMs = Date.parse(submitted.next_check_at ?? '');
      expect(nextCheckMs - submittedMs).toBeGreaterThanOrEqual(30_000);
      expect(nextCheckMs - submittedMs).toBeLessThan(2 * MINUTE_MS);
      await env.sleep(HOUR_MS);
      const later = await progressAt(isSubmitted, 'it still runs');
      const nowMs = await env.currentTimeMs();
      expect(Date.parse(later.next_check_at ?? '') - nowMs).toBeLessThan(16 * MINUTE_MS);
      await env.sleep(2 * HOUR_MS);
      const between = await progressAt(
        ({ next_round_at }) => next_round_at !== null,
        'a round waits'
      );
      expect(between).toMatchObject({ succeeded: 3, processing: 1, next_check_at: null });
      expect(between.batches[0]).toMatchObject({ phase: 'ended', succeeded: 3, errored: 1 });
      await job.report();
      const ended = await progressAt(({ phase }) => phase === 'ended', 'it has ended');
      expect(ended).toMatchObject({ status: 'completed', succeeded: 4, processing: 0, round: 2 });
      const details: unknown = await env.client.workflow
        .getHandle(jobId)
        .query('__temporal_workflow_metadata');
      expect(details).toMatchObject({
        currentDetails: expect.stringContaining('4 of 4 requests finished') as string,
      });
      expect(new Set(seen)).toEqual(new Set([seen[0], 'running', 'ended']));
    });
  });
});

describe('the Workflow bundle', () => {
  test('holds no code of Activities, clients or Node', async () => {
    const { code } = await workflowBundle();
    for (const path of ['node_modules/@anthropic-ai/', '/activities/', 'src/client', 'src/store']) {
      expect(code).not.toContain(path);
    }
    expect(code).toContain('messageBatchJob');
  });
});
