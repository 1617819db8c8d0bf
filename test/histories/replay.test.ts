/**
 * Goal: a job in the middle of its day goes on under the next version. Method: the histories that the last landed version
 * recorded are replayed by today's Workflows, whole, and cut off at every Workflow Task; nothing is called on the way.
 */
import { Worker } from '@temporalio/worker';
import { workflowBundle } from '../helpers/engine';
import { readHistories } from './history-files';

interface History {
  readonly events: readonly { readonly eventType: string }[];
}

const CUTS_PER_HISTORY = 4;

describe('recorded histories', () => {
  test('replay on the Workflows of today', async () => {
    const { code } = await workflowBundle();
    const histories = await readHistories();
    expect(histories.length).toBeGreaterThanOrEqual(12);
    const failures: string[] = [];
    const results = Worker.runReplayHistories({ workflowBundle: { code } }, histories);
    for await (const { workflowId, error } of results) {
      if (error) failures.push(`${workflowId}: ${error.message}`);
    }
    expect(failures).toEqual([]);
  });

  test('replay when they are cut off in the middle of the wait, as they are while a job runs', async () => {
    const { code } = await workflowBundle();
    const cut = (await readHistories()).flatMap(({ name, history }) =>
      cutWhileWaiting(history as History).map((events, index) => ({
        workflowId: `${name}-${index}`,
        history: { events },
      }))
    );
    const failures: string[] = [];
    for await (const { workflowId, error } of Worker.runReplayHistories(
      { workflowBundle: { code } },
      cut
    )) {
      if (error) failures.push(`${workflowId}: ${error.message}`);
    }
    expect(cut.length).toBeGreaterThan(40);
    expect(failures).toEqual([]);
  });
});

/** The history as it stood while the Workflow waited, at a few moments of its life. */
function cutWhileWaiting({ events }: History): History['events'][] {
  // Between one Workflow Task's commands and whatever schedules the next one.
  const waits = events.flatMap(({ eventType }, index) =>
    eventType === 'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED' && index > 4 ? [index] : []
  );
  const step = Math.max(1, Math.floor(waits.length / CUTS_PER_HISTORY));
  return waits.filter((_, number) => number % step === 0).map((index) => events.slice(0, index));
}
