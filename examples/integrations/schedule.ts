/** Starts a job every night, as a client of any language can. */
import { ScheduleOverlapPolicy, type Client, type ScheduleHandle } from '@temporalio/client';
import { TASK_QUEUE_DEFAULT, type JobInput } from 'temporal-message-batches';

export async function scheduleNightly(
  client: Client,
  scheduleId: string,
  input: JobInput,
  taskQueue: string = TASK_QUEUE_DEFAULT
): Promise<ScheduleHandle> {
  return client.schedule.create({
    scheduleId,
    spec: { calendars: [{ hour: 2, comment: 'every night at two, UTC' }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'messageBatchJob',
      // Temporal adds the time of each start to it: every night is a job of its own.
      workflowId: scheduleId,
      taskQueue,
      args: [input],
    },
    // A job can take longer than a day: the next one then starts when it has ended.
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE },
  });
}
