/**
 * Goal: docs/cost.md shows as many checks, events and Actions as a job has. Method: they are counted in the histories of
 * jobs of one hour and of 24 hours, on virtual time.
 */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { HOUR_MS, MINUTE_MS, requests, useEngine } from '../helpers/engine';
import { read, section, table } from './documents';

const withEngine = useEngine({ isPerTest: true });

describe('the history of a job', () => {
  test.each([
    ['1 hour', HOUR_MS],
    ['24 hours', 24 * HOUR_MS - MINUTE_MS],
  ])('one batch that takes %s: checks, events, Actions', async (time, batchTimeMs) => {
    const rows = table(section(read('docs/cost.md'), '## Temporal'));
    const shown = rows.find(([cell]) => cell === time)?.slice(1) ?? [];
    await withEngine({ batchTimeMs }, async ({ batches, env, jobId }) => {
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
