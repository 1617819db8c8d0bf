/**
 * The whole engine for a test: Temporal's test server, the simulator on its clock, a store in a temporary folder, and
 * Workers with the real plugin. Nothing of our own code is replaced.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { History } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { createActivities, createAnthropicClients, type ActivityDeps } from '../../activities';
import {
  MessageBatches,
  MessageBatchesPlugin,
  type BatchRequest,
  type JobProgress,
} from '../../src/index';
import { findReport } from '../../src/records/own-report';
import { findReportFiles } from '../../src/records/report-files';
import { openStore } from '../../src/store/open-store';
import type { Store } from '../../src/store/store';
import { BUNDLE_VARIABLE } from './shared-bundle';
import { createTimeSkippingEnv } from './temporal';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator';
import { temporaryFolder } from './temporary-folder';

// Activities that fail on purpose are warnings of Temporal's; a test that fails says more. DEBUG_TEMPORAL=INFO shows them.
const LOG_LEVEL = (process.env['DEBUG_TEMPORAL'] as 'INFO' | undefined) ?? 'ERROR';
Runtime.install({
  logger: new DefaultLogger(LOG_LEVEL),
  telemetryOptions: {
    logging: { filter: makeTelemetryFilterString({ core: LOG_LEVEL, other: LOG_LEVEL }) },
  },
});

export const API_KEY = 'sk-ant-test-key';
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

export interface Engine {
  readonly env: TestWorkflowEnvironment;
  readonly simulator: Simulator;
  readonly store: Store;
  readonly folder: string;
  readonly taskQueue: string;
  readonly batches: MessageBatches;
  /** A job id of this test's own. */
  readonly jobId: string;
  /** Starts a further Worker of the same store. */
  readonly startWorker: (options?: WorkerSettings) => Promise<RunningWorker>;
  /** The Worker that runs from the start. */
  readonly worker: RunningWorker;
  /** Histories of the job and of every child it has had, as JSON. */
  readonly histories: (jobId?: string) => Promise<WorkflowHistory[]>;
  /** Lines of a file of the job, parsed. */
  readonly lines: (
    file: 'results.jsonl' | 'failures.jsonl',
    jobId?: string
  ) => Promise<OutputLine[]>;
}

export interface OutputLine {
  readonly custom_id: string;
  readonly result: {
    readonly type: string;
    readonly message?: { readonly content: readonly { readonly text: string }[] };
    readonly error?: { readonly error: { readonly type: string } };
  };
  readonly attempts?: number;
}

export interface WorkflowHistory {
  readonly workflowId: string;
  readonly history: History;
  readonly json: string;
}

export interface WorkerSettings {
  /** Null: a client without any key. */
  readonly apiKey?: string | null;
  readonly baseUrl?: string;
  readonly store?: Store;
  readonly maxCachedWorkflows?: number;
  /** Small chunks: the Activities are then registered without the plugin. */
  readonly chunkLimits?: NonNullable<ActivityDeps['chunkLimits']>;
}

export interface RunningWorker {
  stop(): Promise<void>;
}

export interface EngineSettings extends SimulatorOptions {
  readonly worker?: WorkerSettings | null;
}

/** A whole suite can be run without any cached Workflow: every task then replays from the start. */
const CACHED_WORKFLOWS = process.env['MAX_CACHED_WORKFLOWS'];

let bundle: Promise<{ code: string }> | undefined;

/** The Workflow bundle, built once for all test files of a run. */
export function workflowBundle(): Promise<{ code: string }> {
  bundle ??= readFile(process.env[BUNDLE_VARIABLE] ?? '', 'utf8').then((code) => ({ code }));
  return bundle;
}

/** Runs a test with an engine of its own, in the environment that the tests of its file share. */
export interface EngineRunner {
  (settings: EngineSettings, run: (engine: Engine) => Promise<void>): Promise<void>;
  /** The environment; there from the first `beforeAll` on. */
  readonly env: TestWorkflowEnvironment;
}

export interface UseEngineOptions {
  /** Defaults to Temporal's time-skipping test server. */
  readonly createEnv?: () => Promise<TestWorkflowEnvironment>;
  /** Gives each test a server of its own. Defaults to one server for all tests. */
  readonly isPerTest?: boolean;
}

/** Registers the start and the end of an environment for the tests around it, and returns what runs a test in it. */
export function useEngine({
  createEnv = createTimeSkippingEnv,
  isPerTest = false,
}: UseEngineOptions = {}): EngineRunner {
  let current: TestWorkflowEnvironment | undefined;
  const env = (): TestWorkflowEnvironment => {
    if (current === undefined) throw new Error('The environment is not started yet.');
    return current;
  };
  (isPerTest ? beforeEach : beforeAll)(async () => {
    current = await createEnv();
  });
  (isPerTest ? afterEach : afterAll)(async () => {
    await current?.teardown();
    current = undefined;
  });
  const run = (settings: EngineSettings, test: (engine: Engine) => Promise<void>): Promise<void> =>
    runEngine(env(), settings, test);
  return Object.defineProperty(run, 'env', { get: env }) as EngineRunner;
}

/** Runs a test with an engine of its own in this environment, and leaves nothing behind. */
export async function runEngine(
  env: TestWorkflowEnvironment,
  { worker: workerSettings = {}, ...simulatorOptions }: EngineSettings,
  run: (engine: Engine) => Promise<void>
): Promise<void> {
  const folder = temporaryFolder();
  const store = await openStore(join(folder, 'store'));
  const simulator = await startSimulator({
    now: () => env.currentTimeMs(),
    batchTimeMs: MINUTE_MS,
    ...simulatorOptions,
  });
  const taskQueue = `test-${randomUUID()}`;
  const jobId = `job-${randomUUID().slice(0, 8)}`;
  const workers: RunningWorker[] = [];
  const startWorker = async (settings: WorkerSettings = {}): Promise<RunningWorker> => {
    const running = await runWorker(env, taskQueue, {
      store,
      baseUrl: simulator.url,
      ...settings,
    });
    workers.push(running);
    return running;
  };
  try {
    const none: RunningWorker = { stop: () => Promise.resolve() };
    await run({
      env,
      simulator,
      store,
      folder,
      taskQueue,
      jobId,
      batches: new MessageBatches({ client: env.client, store, taskQueue }),
      startWorker,
      worker: workerSettings === null ? none : await startWorker(workerSettings),
      histories: (id = jobId) => fetchHistories(env, id),
      lines: async (file, id = jobId) => {
        const report = await findReport(store, id);
        if (report === undefined) throw new Error(`The job ${id} has no report.`);
        const files = await findReportFiles(store, id, report);
        return readLinesOf(
          fileURLToPath(files[file === 'results.jsonl' ? 'results' : 'failures'].uri)
        );
      },
    });
  } finally {
    await Promise.all(workers.map((running) => running.stop()));
    await simulator.close();
  }
}

async function runWorker(
  env: TestWorkflowEnvironment,
  taskQueue: string,
  { apiKey = API_KEY, baseUrl = '', store, maxCachedWorkflows, chunkLimits }: WorkerSettings
): Promise<RunningWorker> {
  const clients = { default: () => new Anthropic({ apiKey, baseURL: baseUrl }) };
  const withSmallChunks =
    chunkLimits === undefined || store === undefined
      ? null
      : createActivities({ store, chunkLimits, anthropic: createAnthropicClients({ clients }) });
  const { code } = await workflowBundle();
  const cached = maxCachedWorkflows ?? (CACHED_WORKFLOWS ? Number(CACHED_WORKFLOWS) : undefined);
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: { code },
    ...(cached === undefined ? {} : { maxCachedWorkflows: cached }),
    ...(withSmallChunks === null
      ? {
          plugins: [
            new MessageBatchesPlugin({ ...(store === undefined ? {} : { store }), clients }),
          ],
        }
      : { activities: withSmallChunks }),
  });
  const running = worker.run();
  let stopped: Promise<void> | undefined;
  return {
    stop: () => {
      stopped ??= (async () => {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await running;
      })();
      return stopped;
    },
  };
}

async function fetchHistories(
  env: TestWorkflowEnvironment,
  jobId: string
): Promise<WorkflowHistory[]> {
  const found: WorkflowHistory[] = [];
  const waiting = [jobId];
  for (let workflowId = waiting.shift(); workflowId !== undefined; workflowId = waiting.shift()) {
    const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
    // Payloads come as base64: shown as the text that they are.
    const json = JSON.stringify(history, (key, value: unknown) =>
      key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value
    );
    found.push({ workflowId, history, json });
    for (const event of history.events ?? []) {
      const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
      if (child?.workflowId && !waiting.includes(child.workflowId)) waiting.push(child.workflowId);
    }
  }
  return found;
}

async function readLinesOf(path: string): Promise<OutputLine[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OutputLine);
}

/** Requests with an id and a question of their own each. */
export function requests(count: number, prefix = 'item'): BatchRequest[] {
  return Array.from({ length: count }, (_, index) => ({
    custom_id: `${prefix}-${index}`,
    params: question(`${prefix} ${index}`),
  }));
}

/** A small Messages API body. */
export function question(text: string): object {
  return {
    model: 'claude-haiku-4-5',
    max_tokens: 64,
    messages: [{ role: 'user', content: `Classify: ${text}` }],
  };
}

/** The number at the end of the question in a request's params. */
export function numberOf(params: Readonly<Record<string, unknown>>): number {
  return Number(/(\d+)"/.exec(JSON.stringify(params['messages']))?.[1]);
}

interface Followed {
  progress(): Promise<JobProgress>;
}

/** Waits until a job's progress fits. */
export async function progressWhere(
  job: Followed,
  fits: (progress: JobProgress) => boolean,
  what: string
): Promise<JobProgress> {
  let last: JobProgress | undefined;
  try {
    return await eventually(async () => {
      last = await job.progress();
      return fits(last) && last;
    }, what);
  } catch (error) {
    throw new Error(`${String(error)}, but ${JSON.stringify(last)}`, { cause: error });
  }
}

export const isPaused = ({ status }: JobProgress): boolean => status === 'paused';

/** Whether every chunk known so far is at the API. */
export const isSubmitted = ({ batches }: JobProgress): boolean =>
  batches.length > 0 && batches.every(({ phase }) => phase === 'processing');

/** Polls until something holds; fails the test when it takes too long. */
export async function eventually<T>(
  probe: () => Promise<T | undefined | false>,
  what: string,
  timeoutMs = 20_000
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Expected within ${timeoutMs} ms: ${what}`);
}

export function silentLogger(): {
  log(): void;
  trace(): void;
  debug(): void;
  info(): void;
  warn(): void;
  error(): void;
} {
  const silent = (): void => undefined;
  return { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
}
