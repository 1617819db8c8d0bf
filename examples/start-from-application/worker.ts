import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import { MessageBatchesPlugin, TASK_QUEUE_DEFAULT } from 'temporal-message-batches';

async function main(): Promise<void> {
  // TEMPORAL_ADDRESS and its siblings, or Temporal's profile file; localhost:7233 without either.
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const worker = await Worker.create({
    connection: await NativeConnection.connect(connectionOptions),
    namespace,
    taskQueue: TASK_QUEUE_DEFAULT,
    workflowsPath: require.resolve('./workflows'),
    // The key comes from ANTHROPIC_API_KEY, the store from MESSAGE_BATCHES_STORE.
    plugins: [new MessageBatchesPlugin()],
  });
  await worker.run();
}

void main();
