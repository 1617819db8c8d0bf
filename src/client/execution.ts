/**
 * What Temporal knows of a job, and whether the Workflow under its id is that job.
 */
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { failure } from '../contract/failures';
import { WORKFLOW_TYPE } from '../contract/names';

/** `unknown`: Temporal has no execution of the job, or none any more. */
export type Execution = 'running' | 'ended' | 'unknown';

/** A job as its client expects it. */
export interface ExpectedJob {
  readonly jobId: string;
  readonly taskQueue: string;
}

/** The last execution under an id. */
export interface FoundExecution {
  readonly type: string;
  readonly taskQueue: string;
  readonly isRunning: boolean;
}

/**
 * Decides whether the execution under a job's id is this client's job.
 *
 * The task queue of one that has ended decides nothing: its Workers may have changed theirs since.
 *
 * @returns a sentence that says whose it is; null when it is the job.
 */
export function describeForeign(
  { jobId, taskQueue }: ExpectedJob,
  found: FoundExecution
): string | null {
  if (found.type !== WORKFLOW_TYPE.job) {
    return `The Workflow ${JSON.stringify(jobId)} is not a job of this package: its type is ${found.type}. Nothing was sent to it; choose another job id.`;
  }
  if (found.isRunning && found.taskQueue !== taskQueue) {
    return `The job ${JSON.stringify(jobId)} runs on the task queue ${found.taskQueue}, and this client uses ${taskQueue}. Nothing was sent to it; use the job's own task queue.`;
  }
  return null;
}

/**
 * Asks Temporal for the state of a job's last execution. Needs no Worker.
 *
 * @throws ApplicationFailure `MessageBatch.JobMismatch` when another Workflow runs under the id.
 */
export async function findExecution(client: Client, job: ExpectedJob): Promise<Execution> {
  const found = await describe(client, job.jobId);
  if (found === undefined) return 'unknown';
  const foreign = describeForeign(job, found);
  if (foreign === null) return found.isRunning ? 'running' : 'ended';
  if (found.isRunning) throw failure('MessageBatch.JobMismatch', foreign);
  // A Workflow of another type that has ended keeps no job from running under the id.
  return 'unknown';
}

/**
 * Checks that the last execution under a job's id is that job.
 *
 * @throws ApplicationFailure `MessageBatch.JobMismatch` when it is another Workflow. WorkflowNotFoundError when there
 * is none.
 */
export async function assertOwnExecution(client: Client, job: ExpectedJob): Promise<void> {
  const found = await describe(client, job.jobId);
  if (found === undefined) {
    throw new WorkflowNotFoundError(`Temporal has no job ${job.jobId}.`, job.jobId, undefined);
  }
  const foreign = describeForeign(job, found);
  if (foreign !== null) throw failure('MessageBatch.JobMismatch', foreign);
}

async function describe(client: Client, jobId: string): Promise<FoundExecution | undefined> {
  try {
    const { status, type, taskQueue } = await client.workflow.getHandle(jobId).describe();
    return { type, taskQueue, isRunning: status.name === 'RUNNING' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
