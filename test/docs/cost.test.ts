/**
 * Goal: the numbers of docs/cost.md are so. Method: prices are compared with the table in the code; checks, events and
 * Actions are counted in histories on virtual time.
 */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { BATCH_PERCENT, findPrices } from '../../src/core/money/prices';
import { CHUNK_WINDOW } from '../../src/contract/limits';
import { HOUR_MS, MINUTE_MS, requests, withEngine } from '../helpers/engine';
import { createTimeSkippingEnv } from '../helpers/temporal';
import { code, read, section, table } from './documents';

const DOCUMENT = read('docs/cost.md');

describe('docs/cost.md', () => {
  test('shows the prices of the table', () => {
    const rows = table(section(DOCUMENT, '## Prices'));
    expect(rows.length).toBeGreaterThan(4);
    for (const [model = '', ...shown] of rows) {
      const prices = findPrices(code(model)[0] ?? '');
      const batch = BATCH_PERCENT / 100;
      expect(shown.map(Number)).toEqual(
        prices && [
          prices.input,
          prices.input * batch,
          prices.cacheRead * batch,
          prices.output * batch,
        ]
      );
    }
  });

  test('names how many batches are at the API at a time', () => {
    expect(CHUNK_WINDOW).toBe(10);
    expect(section(DOCUMENT, '## Limits of the API')).toContain(
      'has ten batches at the API at a time'
    );
  });
});

describe('the history of a job', () => {
  let env: TestWorkflowEnvironment;
  beforeEach(async () => {
    env = await createTimeSkippingEnv();
  });
  afterEach(async () => {
    await env.teardown();
  });

  test.each([
    ['1 hour', HOUR_MS],
    ['24 hours', 24 * HOUR_MS - MINUTE_MS],
  ])('one batch that takes %s: checks, events, Actions', async (time, batchTimeMs) => {
    const rows = table(section(DOCUMENT, '## Temporal'));
    const shown = rows.find(([cell]) => cell === time)?.slice(1) ?? [];
    await withEngine(env, { batchTimeMs }, async ({ batches, jobId }) => {
      const job = await batches.start(requests(10), { jobId });
      await job.report();
      const measured = await measure(env, [jobId, `${jobId}/chunk-1-0`]);
      for (const [index, value] of measured.entries()) {
        const number = Number(shown[index]?.replace(',', ''));
        expect(Math.abs(number - value) / value).toBeLessThan(0.05);
      }
    });
  });
});

/** Checks, events and Actions of a job and its child, from their histories. */
async function measure(
  env: TestWorkflowEnvironment,
  workflowIds: readonly string[]
): Promise<[number, number, number]> {
  let [checks, events, actions] = [0, 0, 0];
  for (const workflowId of workflowIds) {
    const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
    for (const event of history.events ?? []) {
      events += 1;
      const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
      if (activity === 'messageBatchCheck') checks += 1;
      // https://docs.temporal.io/cloud/actions: the start of a child counts twice, here and with the child's own start.
      const isAction =
        event.workflowExecutionStartedEventAttributes ??
        event.startChildWorkflowExecutionInitiatedEventAttributes ??
        event.timerStartedEventAttributes ??
        event.workflowExecutionSignaledEventAttributes;
      if (isAction || activity !== undefined) actions += 1;
    }
  }
  return [checks, events, actions];
}
