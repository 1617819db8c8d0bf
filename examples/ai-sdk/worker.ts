/** A Worker with both plugins. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { AiSdkPlugin } from '@temporalio/ai-sdk';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { MessageBatchesPlugin } from 'temporal-message-batches';

export async function createWorker(options: WorkerOptions): Promise<Worker> {
  return Worker.create({
    ...options,
    workflowsPath: require.resolve('./workflows'),
    plugins: [
      // It reads ANTHROPIC_BASE_URL as well, but with `/v1` at its end, unlike Anthropic's SDK: so it has a variable of its own.
      new AiSdkPlugin({
        modelProvider: createAnthropic({
          baseURL: process.env['AI_SDK_BASE_URL'] ?? 'https://api.anthropic.com/v1',
        }),
      }),
      new MessageBatchesPlugin(),
    ],
  });
}
