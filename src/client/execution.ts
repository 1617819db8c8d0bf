/**
 * What Temporal knows of a job.
 */
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';

/** `unknown`: Temporal has no execution of the job, or none any more. */
export type Execution = 'running' | 'ended' | 'unknown';

/** Asks Temporal for the state of a job's last execution. Needs no Worker. */
export async function findExecution(client: Client, jobId: string): Promise<Execution> {
  try {
    const { status } = await client.workflow.getHandle(jobId).describe();
    return status.name === 'RUNNING' ? 'running' : 'ended';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    throw error;
  }
}
