/** A Workflow of your own that runs a job as one of its steps, on the engine's task queue. */
import { proxyActivities } from '@temporalio/workflow';
import { executeMessageBatchJob } from 'temporal-message-batches/workflow';
import type { Activities } from './activities';

const { exportTickets, importLabels } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  retry: { maximumAttempts: 5 },
});

export interface SortTicketsInput {
  /** `2026-11-23`. */
  readonly day: string;
  /** Task queue of the engine's Worker. Defaults to `message-batches`. */
  readonly engineTaskQueue?: string;
}

/**
 * Sorts a day's tickets.
 *
 * Only references pass through this history: the Activities read and write the store, as the job does. Cancelling this
 * Workflow cancels the job, and the job cancels its batch at the API.
 */
export async function sortTickets({ day, engineTaskQueue }: SortTicketsInput): Promise<string> {
  const requests = await exportTickets(day);
  const report = await executeMessageBatchJob(
    { requests, retryDelay: '5m' },
    {
      jobId: `tickets-${day}`,
      ...(engineTaskQueue === undefined ? {} : { taskQueue: engineTaskQueue }),
    }
  );
  const imported = await importLabels(report.results.uri);
  return `${imported} of ${report.requests} tickets sorted, $${report.cost_usd ?? 'unknown'}`;
}
