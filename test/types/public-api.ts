/**
 * Goal: what users write against the public types compiles, and their mistakes do not.
 * Method: `npm run types` compiles this file; nothing runs it. An expected error that no longer occurs fails there.
 */
import type { Client } from '@temporalio/client';
import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import {
  findMessageBatchFailure,
  isMessageBatchFailure,
  type FailedRequest,
  type FailureType,
  type JobHandle,
  type JobProgress,
  type MessageBatches,
  type Report,
} from 'temporal-message-batches';
import { messageBatchJob } from 'temporal-message-batches/workflows';
import {
  executeMessageBatchJob,
  progressQuery,
  resumeSignal,
} from 'temporal-message-batches/workflow';
import { errored, startSimulator } from 'temporal-message-batches/simulator';

export async function startJobs(
  batches: MessageBatches,
  sdkParams: MessageCreateParamsNonStreaming
): Promise<JobHandle> {
  await batches.start([{ custom_id: 'a', params: { model: 'm', max_tokens: 1, messages: [] } }]);
  await batches.start([{ params: sdkParams }], { params: { model: 'm', max_tokens: 256 } });
  // Betas add keys that the SDK does not know yet.
  await batches.start('requests.jsonl', { params: { model: 'm', some_beta_key: true } });
  // @ts-expect-error A known key has the SDK's type.
  await batches.start('requests.jsonl', { params: { max_tokens: '256' } });
  // @ts-expect-error A batch cannot stream.
  await batches.start('requests.jsonl', { params: { stream: true } });
  // @ts-expect-error The option has a new name.
  await batches.start('requests.jsonl', { orphanWait: '2m' });
  // @ts-expect-error A duration is text or milliseconds.
  await batches.start('requests.jsonl', { checkMin: true });
  const handle: JobHandle = batches.getHandle('job');
  return handle;
}

export async function control(handle: JobHandle): Promise<Report> {
  await handle.resume({ submission: 'absent' });
  await handle.resume({ submission: 'msgbatch_01' });
  // @ts-expect-error A mistyped answer.
  await handle.resume({ submission: 'absnt' });
  const { paused }: JobProgress = await handle.progress();
  if (paused !== null) paused.reason.toUpperCase();
  return handle.report();
}

export async function startByWorkflow(client: Client): Promise<void> {
  const how = { workflowId: 'job', taskQueue: 'message-batches' };
  const job = await client.workflow.start(messageBatchJob, {
    ...how,
    args: [{ requests: { uri: 'file:///store/requests.jsonl' }, maxAttempts: 2 }],
  });
  await job.signal(resumeSignal, { submission: 'absent' });
  const progress: JobProgress = await job.query(progressQuery);
  const report: Report = await job.result();
  // @ts-expect-error The input has `requests`.
  await client.workflow.start(messageBatchJob, { ...how, args: [{ request: 1 }] });
  // @ts-expect-error An option that does not exist.
  void executeMessageBatchJob({ requests: { uri: progress.job_id }, retries: report.rounds });
}

export function textOf({ result }: FailedRequest): string {
  switch (result.type) {
    case 'errored':
      return result.error.error.message;
    case 'expired':
    case 'canceled':
    case 'missing':
      // @ts-expect-error Only an errored request has an error.
      return `${result.type} ${String(result.error)}`;
  }
}

export function reasonOf(error: unknown): FailureType | null {
  // A boolean and no type guard: the failure may be a cause of the error.
  if (!isMessageBatchFailure(error)) return null;
  const refused: 'MessageBatch.BadRequests' | undefined = findMessageBatchFailure(
    error,
    'MessageBatch.BadRequests'
  )?.type;
  return refused ?? findMessageBatchFailure(error)?.type ?? null;
}

export async function simulate(): Promise<void> {
  await startSimulator({ result: () => errored('overloaded_error') });
  // @ts-expect-error The option is `result`.
  await startSimulator({ outcome: () => errored('overloaded_error') });
}
