/**
 * A machine for a test to take apart: Temporal's dev server on an SQLite file, Workers as processes, a store in a folder,
 * and the simulator, which stays. Whatever is killed here is really killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { findExecutable, loopbackConnection } from '../../src/dev-server';
import { LOOPBACK, pickPort } from '../../src/dev-server/ports';
import { probe } from '../../src/dev-server/server-probe';
import type { JobOptions } from '../../src/contract/options';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator';
import { findReport } from '../../src/records/own-report';
import { findReportFiles } from '../../src/records/report-files';
import { openStore } from '../../src/store/open-store';
import type { Store } from '../../src/store/store';
import { shortTimesBundle } from './short-times-bundle';
import type { Strike } from './strikes';
import type { WorkerProcessSettings } from './worker-process';
import { temporaryFolder } from '../helpers/temporary-folder';

const REGISTER = require.resolve('../helpers/register-ts.js');
const WRONG_CLOCK = require.resolve('./wrong-clock.js');
const WORKER = require.resolve('./worker-process.ts');
const READY_MS_MAX = 30_000;

/** Options that make a job's day last seconds. */
export const SHORT: JobOptions = {
  checkMin: 100,
  checkMax: 500,
  retryDelay: 200,
  lostAnswerWait: 1500,
  submitTimeout: 1000,
};

export interface WorkerProcess {
  readonly pid: number;
  readonly ended: Promise<unknown>;
  isAlive(): boolean;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** SIGSTOP and SIGCONT: the process stays. */
  freeze(): void;
  thaw(): void;
}

/** A Worker that comes back, as under a supervisor. */
export interface KeptWorker {
  /** The process of now; undefined before the first one is up. */
  readonly current: WorkerProcess | undefined;
  stop(): Promise<void>;
}

export interface WorkerChoice {
  readonly strikes?: readonly Strike[];
  readonly requestsPerChunk?: number;
  readonly store?: string;
  readonly clockShiftMs?: number;
  readonly taskQueue?: string;
}

export interface Machine {
  readonly folder: string;
  readonly storeFolder: string;
  readonly store: Store;
  readonly simulator: Simulator;
  readonly client: Client;
  readonly server: { start(): Promise<void>; kill(): Promise<void> };
  startWorker(choice?: WorkerChoice): Promise<WorkerProcess>;
  /** Starts a Worker, and another one whenever it has ended. */
  keepWorker(choice?: WorkerChoice): KeptWorker;
  /** Starts a job, or its id again. */
  startJob(jobId: string, options: StartJobOptions): Promise<void>;
  /** Waits until a job's execution has completed, through any number of dead servers. */
  completed(jobId: string, timeoutMs?: number): Promise<void>;
  statusOf(jobId: string): Promise<string>;
  /** The bytes of `results.jsonl` and `failures.jsonl`. */
  output(jobId: string): Promise<{ readonly results: string; readonly failures: string }>;
  /** Whether a strike has happened. */
  struck(name: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface StartJobOptions extends JobOptions {
  /** JSON Lines. */
  readonly input: string;
  readonly taskQueue?: string;
}

export const TASK_QUEUE = 'crash';

export interface MachineOptions extends SimulatorOptions {
  /** Defaults to a folder of the machine's own. */
  readonly storeFolder?: string;
}

export async function startMachine({
  storeFolder: givenFolder,
  ...options
}: MachineOptions = {}): Promise<Machine> {
  const folder = temporaryFolder();
  const storeFolder = givenFolder ?? join(folder, 'store');
  const marks = join(folder, 'marks');
  await mkdir(marks);
  const bundle = await shortTimesBundle();
  const simulator = await startSimulator({ batchTimeMs: 1000, ...options });
  const store = await openStore(storeFolder);
  const port = await pickPort();
  const server = await startServer(port, join(folder, 'temporal.db'));
  const connection = await Connection.connect(loopbackConnection(`${LOOPBACK}:${port}`));
  const client = new Client({ connection });
  const workers = new Set<WorkerProcess>();

  const startWorker = async (choice: WorkerChoice = {}): Promise<WorkerProcess> => {
    const settings: WorkerProcessSettings = {
      address: `${LOOPBACK}:${port}`,
      taskQueue: choice.taskQueue ?? TASK_QUEUE,
      store: choice.store ?? storeFolder,
      bundle,
      requestsPerChunk: choice.requestsPerChunk ?? 4,
      strikes: choice.strikes ?? [],
      marks,
    };
    const worker = await spawnWorker(settings, simulator.url, choice);
    workers.add(worker);
    void worker.ended.then(() => workers.delete(worker));
    return worker;
  };

  const machine: Machine = {
    folder,
    storeFolder,
    store,
    simulator,
    client,
    server,
    startWorker,
    keepWorker: (choice) => {
      let wanted = true;
      const isWanted = (): boolean => wanted;
      let current: WorkerProcess | undefined;
      const keep = (async () => {
        while (isWanted()) {
          current = await startWorker(choice);
          await (isWanted() ? current.ended : current.kill());
        }
      })();
      return {
        get current() {
          return current;
        },
        stop: async () => {
          wanted = false;
          await current?.kill();
          await keep;
        },
      };
    },
    startJob: async (jobId, { input, taskQueue = TASK_QUEUE, ...jobOptions }) => {
      const key = `inputs/${jobId}.jsonl`;
      await store.write(key, input);
      await client.workflow.start('messageBatchJob', {
        workflowId: jobId,
        taskQueue,
        args: [{ requests: { uri: store.uriOf(key) }, ...SHORT, ...jobOptions }],
        workflowTaskTimeout: '2s',
      });
    },
    statusOf: async (jobId) => (await client.workflow.getHandle(jobId).describe()).status.name,
    completed: async (jobId, timeoutMs = 120_000) => {
      const endMs = performance.now() + timeoutMs;
      let last = 'nothing';
      while (performance.now() < endMs) {
        last = await machine.statusOf(jobId).catch((error: unknown) => String(error));
        if (last === 'COMPLETED') return;
        if (['FAILED', 'TERMINATED', 'CANCELLED', 'TIMED_OUT'].includes(last)) {
          await client.workflow.getHandle(jobId).result();
        }
        await sleep(100);
      }
      throw new Error(`The job ${jobId} has not completed in ${timeoutMs} ms: ${last}`);
    },
    output: async (jobId) => {
      const report = await findReport(store, jobId);
      if (report === undefined) throw new Error(`The job ${jobId} has no report.`);
      const { results, failures } = await findReportFiles(store, jobId, report);
      const read = (uri: string): Promise<string> => readFile(new URL(uri), 'utf8');
      return { results: await read(results.uri), failures: await read(failures.uri) };
    },
    struck: async (name) =>
      await readFile(join(marks, name)).then(
        () => true,
        () => false
      ),
    close: async () => {
      await Promise.all([...workers].map((worker) => worker.kill()));
      await connection.close();
      await server.kill();
      await simulator.close();
    },
  };
  return machine;
}

async function startServer(port: number, database: string): Promise<Machine['server']> {
  const executable = await findExecutable('temporal-cli');
  let child: ChildProcess | undefined;
  const server: Machine['server'] = {
    start: async () => {
      const args = ['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port), '--headless'];
      const config = ['history.timerProcessorMaxTimeShift="10ms"'];
      child = spawn(
        executable,
        [
          ...args,
          ...['--db-filename', database, '--log-level', 'error'],
          ...config.flatMap((value) => ['--dynamic-config-value', value]),
        ],
        { stdio: 'ignore' }
      );
      const endMs = performance.now() + READY_MS_MAX;
      while ((await probe(port, 2000)) === undefined) {
        if (performance.now() > endMs) throw new Error('The dev server does not answer.');
        await sleep(50);
      }
    },
    kill: async () => {
      if (child?.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
  await server.start();
  return server;
}

async function spawnWorker(
  settings: WorkerProcessSettings,
  apiUrl: string,
  { clockShiftMs }: WorkerChoice
): Promise<WorkerProcess> {
  const preloads = clockShiftMs === undefined ? [REGISTER] : [REGISTER, WRONG_CLOCK];
  const [command, ...args] = [
    process.execPath,
    ...preloads.flatMap((path) => ['-r', path]),
    WORKER,
    JSON.stringify(settings),
  ];
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ANTHROPIC_API_KEY: 'sk-ant-test-key',
      ANTHROPIC_BASE_URL: apiUrl,
      CLOCK_SHIFT_MS: String(clockShiftMs ?? 0),
    },
  });
  const ended = once(child, 'exit');
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    pid: child.pid ?? 0,
    ended,
    isAlive,
    kill: async (signal = 'SIGKILL') => {
      if (isAlive()) child.kill(signal);
      await ended;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}
