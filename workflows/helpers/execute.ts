/**
 * Running a job from a user's own Workflow.
 */
import { executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { TASK_QUEUE_DEFAULT, WORKFLOW_TYPE } from '../../src/contract/names';
import type { JobInput, Report } from '../../src/contract/public';

export interface ExecuteJobOptions {
  /** The job's id, which is the child's Workflow Id. The same id never pays again. */
  readonly jobId: string;
  /** Task queue of the engine's Worker. Defaults to `message-batches`. */
  readonly taskQueue?: string;
}

/**
 * Runs a job as a child Workflow on the engine's task queue and resolves with its report.
 *
 * Cancelling the parent cancels the job; so does closing the parent early, which keeps every finished result.
 *
 * @throws ChildWorkflowFailure with the job's failure as its cause.
 */
export async function executeMessageBatchJob(
  input: JobInput,
  { jobId, taskQueue = TASK_QUEUE_DEFAULT }: ExecuteJobOptions
): Promise<Report> {
  return executeChild<(input: JobInput) => Promise<Report>>(WORKFLOW_TYPE.job, {
    workflowId: jobId,
    taskQueue,
    args: [input],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  });
}
