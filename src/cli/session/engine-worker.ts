/**
 * A Worker for the engine: its Workflows, its Activities, and an orderly shutdown.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../../../activities';
import { createAnthropicClients } from '../../../activities/api/anthropic';
import type { ActivityDeps } from '../../../activities/worker/deps';
import type { Store } from '../../store/store';

export interface EngineWorkerOptions {
  readonly connection: Parameters<typeof NativeConnection.connect>[0];
  readonly namespace: string;
  readonly taskQueue: string;
  readonly store: Store;
  /**
   * False: Workflows alone. Such a Worker answers Queries and takes Signals, and never calls the API.
   */
  readonly hasActivities: boolean;
  /** How long running Activities may take after the shutdown begins. Then they are canceled, for another Worker to retry. */
  readonly graceMs: number;
  readonly chunkLimits?: ActivityDeps['chunkLimits'];
}

export interface EngineWorker {
  /** Rejects when the Worker ends without `stop`. */
  readonly broken: Promise<never>;
  /** Takes no more tasks, waits for the running ones, and disconnects. */
  readonly stop: () => Promise<void>;
}

/** How long a Workflow's next task waits for its previous Worker before another one gets it. */
const STICKY_WAIT_MS = 1_000;

export async function startEngineWorker(options: EngineWorkerOptions): Promise<EngineWorker> {
  const connection = await NativeConnection.connect(options.connection);
  try {
    const worker = await Worker.create({
      connection,
      namespace: options.namespace,
      taskQueue: options.taskQueue,
      ...findWorkflows(),
      ...(options.hasActivities ? { activities: toActivities(options) } : {}),
      shutdownGraceTime: options.graceMs,
      stickyQueueScheduleToStartTimeout: STICKY_WAIT_MS,
    });
    return toEngineWorker(worker, connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function toEngineWorker(worker: Worker, connection: NativeConnection): EngineWorker {
  const ended = worker.run();
  const broken = ended.then(() => new Promise<never>(() => undefined));
  // Callers may ignore this promise; this avoids an unhandled rejection.
  broken.catch(() => undefined);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended.catch(() => undefined);
    await connection.close();
  };
  return { broken, stop: () => (stopped ??= stop()) };
}

function toActivities({ store, chunkLimits }: EngineWorkerOptions): object {
  return createActivities({
    store,
    anthropic: createAnthropicClients(),
    ...(chunkLimits === undefined ? {} : { chunkLimits }),
  });
}

/** The bundle that the build created; bundling at the start would take a second more. */
export const WORKFLOW_BUNDLE_NAME = 'workflow-bundle.js';

function findWorkflows(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const codePath = join(__dirname, '../../..', WORKFLOW_BUNDLE_NAME);
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  return { workflowsPath: require.resolve('../../../workflows') };
}
