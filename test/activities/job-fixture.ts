import Anthropic from '@anthropic-ai/sdk';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createActivities, createAnthropicClients } from '../../activities';
import type { ActivityDeps } from '../../activities/worker/deps';
import type {
  BatchInput,
  CollectInput,
  MessageBatchActivities,
  Plan,
  SubmitInput,
} from '../../src/contract/activities';
import { jobFiles } from '../../src/records/job-files';
import type { JobOptions } from '../../src/contract/options';
import { openLocalStore } from '../../src/store/local/local-store';
import type { Store } from '../../src/store/store';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator';
import { temporaryFolder } from '../helpers/temporary-folder';

type Activity<Name extends keyof MessageBatchActivities> = (
  input: Parameters<MessageBatchActivities[Name]>[0]
) => ReturnType<MessageBatchActivities[Name]>;

/** The Activities as plain functions, to be handed around. */
export interface ApiActivities {
  readonly messageBatchPlan: Activity<'messageBatchPlan'>;
  readonly messageBatchPermit: Activity<'messageBatchPermit'>;
  readonly messageBatchSubmit: Activity<'messageBatchSubmit'>;
  readonly messageBatchReconcile: Activity<'messageBatchReconcile'>;
  readonly messageBatchResolve: Activity<'messageBatchResolve'>;
  readonly messageBatchCheck: Activity<'messageBatchCheck'>;
  readonly messageBatchCancel: Activity<'messageBatchCancel'>;
  readonly messageBatchCollect: Activity<'messageBatchCollect'>;
}

export function activitiesOf(deps: ActivityDeps): ApiActivities {
  return createActivities(deps);
}

/** A planned job with its Activities, a store in a temporary folder and a simulator. */
export interface JobFixture {
  readonly simulator: Simulator;
  readonly store: Store;
  readonly deps: ActivityDeps;
  readonly activities: ApiActivities;
  readonly plan: Plan;
  readonly submitInput: SubmitInput;
  batchInput(batchId: string): BatchInput;
  collectInput(batchId: string, more?: Partial<CollectInput>): CollectInput;
  close(): Promise<void>;
}

export interface JobFixtureOptions {
  readonly simulator?: SimulatorOptions;
  readonly job?: JobOptions;
  readonly requests?: number;
  readonly deps?: Partial<ActivityDeps>;
}

/** Runs an Activity as a Worker would. */
export function run<I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> {
  return quietEnvironment().run(activity, input);
}

/** Without a log line for every failure that a test wants to see. */
export function quietEnvironment(): MockActivityEnvironment {
  return new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('Expected a rejection.');
    },
    (error: unknown) => error
  );
}

export async function createJob(options: JobFixtureOptions = {}): Promise<JobFixture> {
  const simulator = await startSimulator({ batchTimeMs: 0, ...options.simulator });
  const root = temporaryFolder();
  const store = await openLocalStore(root);
  const deps: ActivityDeps = { store, anthropic: clientsFor(simulator.url), ...options.deps };
  const activities = activitiesOf(deps);
  const jobId = 'job';
  const { requests } = jobFiles(jobId);
  await store.write(requests, requestLines(options.requests ?? 3));
  const input = { requests: { uri: store.uriOf(requests) }, ...options.job };
  const plan = await run(activities.messageBatchPlan, { jobId, input, canceling: false });
  const context = { jobId, site: plan.site, options: plan.options };
  const batchInput = (batchId: string): BatchInput => ({ ...context, round: 1, chunk: 0, batchId });
  return {
    simulator,
    store,
    deps,
    activities,
    plan,
    submitInput: { ...context, round: 1, chunk: 0, mayPost: true },
    batchInput,
    collectInput: (batchId, more = {}) => ({
      ...batchInput(batchId),
      canceledByUs: false,
      takeAsIs: false,
      gone: false,
      ...more,
    }),
    close: () => simulator.close(),
  };
}

export function clientsFor(baseURL: string, apiKey = 'sk-ant-test'): ActivityDeps['anthropic'] {
  return createAnthropicClients({ clients: { default: () => new Anthropic({ baseURL, apiKey }) } });
}

/** Submits chunk 0 and returns its batch's id. */
export async function submitted({ activities, submitInput }: JobFixture): Promise<string> {
  const submission = await run(activities.messageBatchSubmit, submitInput);
  if (submission.state !== 'submitted') throw new Error(`Submission is ${submission.state}.`);
  return submission.batchId;
}

/** A server that answers as a test says. */
export async function startServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void
): Promise<{ readonly url: string; readonly server: Server; close(): Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function* lines(count: number): Generator<string> {
  for (let n = 0; n < count; n++) {
    const content = `Secret prompt ${n}`;
    const params = {
      model: 'claude-haiku-4-5',
      max_tokens: 16,
      messages: [{ role: 'user', content }],
    };
    yield `${JSON.stringify({ custom_id: `user id ${n}`, params })}\n`;
  }
}

export function requestLines(count: number): string {
  return [...lines(count)].join('');
}
