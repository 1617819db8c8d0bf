/** Your own Worker. The engine's runs beside it: `message-batches worker`, with the same store. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities, type TicketTable } from './activities';

export const TASK_QUEUE = 'tickets';

const SAMPLE: TicketTable = {
  ticketsOf: () => [{ id: 'ticket-1', text: 'The parcel never came.' }],
  setLabel: (id, label) => {
    console.log(id, label);
    return Promise.resolve();
  },
};

async function main(): Promise<void> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const worker = await Worker.create({
    connection: await NativeConnection.connect(connectionOptions),
    namespace,
    taskQueue: TASK_QUEUE,
    workflowsPath: require.resolve('./workflows'),
    activities: createActivities(
      SAMPLE,
      process.env['MESSAGE_BATCHES_STORE'] ?? '.message-batches/store'
    ),
  });
  await worker.run();
}

if (require.main === module) void main();
