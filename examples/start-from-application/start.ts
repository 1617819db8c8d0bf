import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { MessageBatches, type BatchRequest, type Report } from 'temporal-message-batches';

const TEXTS = ['The parcel never came.', 'Great, thank you!', 'Where is my invoice?'];

/** Classifies texts; starting the same job again never pays again. */
export async function classifyTexts(batches: MessageBatches, jobId: string): Promise<Report> {
  const requests = TEXTS.map((text, index): BatchRequest => ({
    custom_id: `text-${index}`,
    params: {
      model: 'claude-haiku-4-5',
      max_tokens: 256,
      messages: [{ role: 'user', content: `Classify as complaint, praise or question: ${text}` }],
    },
  }));
  const job = await batches.start(requests, { jobId });
  for await (const { custom_id, result } of job.results()) {
    console.log(custom_id, JSON.stringify(result.message.content));
  }
  for await (const { custom_id, result, attempts } of job.failures()) {
    console.error(custom_id, result.type, `after ${attempts} attempts`);
  }
  return job.report();
}

async function main(): Promise<void> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await Connection.connect(connectionOptions);
  const batches = new MessageBatches({ client: new Client({ connection, namespace }) });
  const { succeeded, requests, cost_usd: costUsd } = await classifyTexts(batches, 'first-job');
  console.log(`${succeeded} of ${requests} succeeded, for $${costUsd ?? 'unknown'}`);
  await connection.close();
}

if (require.main === module) void main();
