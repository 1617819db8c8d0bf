/**
 * A Worker as a process of its own, from the sources, for a test to kill: `node -r register-ts.js worker-process.ts JSON`.
 *
 * Says `ready` on standard output when it polls. Ends with status 3 when its Temporal server is lost for good.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { createActivities, createAnthropicClients } from '../../activities';
import { openStore } from '../../src/store/open-store';
import { withStrikes, type Strike } from './strikes';

/** What the process is told in its argument. The key and the API's URL come as the SDK reads them. */
export interface WorkerProcessSettings {
  readonly address: string;
  readonly taskQueue: string;
  /** The store's folder. */
  readonly store: string;
  /** The Workflow bundle's file. */
  readonly bundle: string;
  readonly requestsPerChunk: number;
  readonly strikes: readonly Strike[];
  /** Folder for the marks of strikes. */
  readonly marks: string;
}

const CONNECT_DELAY_MS = 100;

async function main(settings: WorkerProcessSettings): Promise<void> {
  const level = (process.env['DEBUG_TEMPORAL'] as 'INFO' | undefined) ?? 'ERROR';
  Runtime.install({
    shutdownSignals: ['SIGTERM', 'SIGINT'],
    logger: new DefaultLogger(level),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: level, other: level }) },
    },
  });
  const connection = await connect(settings.address);
  const opened = await openStore(settings.store);
  const store = withStrikes(opened, settings.strikes, settings.marks);
  const worker = await Worker.create({
    connection,
    taskQueue: settings.taskQueue,
    workflowBundle: { codePath: settings.bundle },
    activities: createActivities({
      store,
      chunkLimits: { requestsMax: settings.requestsPerChunk, bytesMax: 1_000_000 },
      anthropic: createAnthropicClients(),
    }),
    // A killed Worker's tasks wait this long for it.
    stickyQueueScheduleToStartTimeout: '500ms',
  });
  const running = worker.run();
  process.stdout.write('ready\n');
  await running;
  await connection.close();
}

async function connect(address: string): Promise<NativeConnection> {
  for (;;) {
    try {
      return await NativeConnection.connect({ address });
    } catch {
      await sleep(CONNECT_DELAY_MS);
    }
  }
}

main(JSON.parse(process.argv[2] ?? '{}') as WorkerProcessSettings).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(3);
});
