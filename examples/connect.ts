import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { MessageBatches } from 'temporal-message-batches';

/** Runs an example against the Temporal server that the `TEMPORAL_…` variables name, localhost:7233 without any. */
export async function withBatches(run: (batches: MessageBatches) => Promise<void>): Promise<void> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await Connection.connect(connectionOptions);
  try {
    await run(new MessageBatches({ client: new Client({ connection, namespace }) }));
  } finally {
    await connection.close();
  }
}
