/** One question in real time with Temporal's AI SDK plugin, all others at half price as a job. */
import { temporalProvider } from '@temporalio/ai-sdk/workflow';
import { generateText } from 'ai';
import { executeMessageBatchJob } from 'temporal-message-batches/workflow';

export * from 'temporal-message-batches/workflows';

export interface ReviewInput {
  readonly requests: { readonly uri: string };
  readonly jobId: string;
  readonly taskQueue: string;
}

export async function reviewDay({ requests, jobId, taskQueue }: ReviewInput): Promise<string> {
  const report = await executeMessageBatchJob({ requests }, { jobId, taskQueue });
  const { text } = await generateText({
    model: temporalProvider.languageModel('claude-haiku-4-5'),
    prompt: `${report.succeeded} of ${report.requests} reviews were read. Say that in one sentence.`,
  });
  return text;
}
