/** The real Activities on a store of their own and a simulator, for one hostile case each. */
import { appendFile, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createActivities } from '../../activities';
import { findMessageBatchFailure } from '../../src/contract/failures';
import type { Collected, Plan, Submission } from '../../src/contract/activities';
import { readCollectedRecord } from '../../src/records/collected-record';
import { chunkFiles } from '../../src/records/job-files';
import type { Fault, FaultAction, Simulator } from '../../src/simulator';
import { startSimulator } from '../../src/simulator';
import { openLocalStore } from '../../src/store/local/local-store';
import type { Store } from '../../src/store/store';
import { clientsFor, quietEnvironment } from '../activities/job-fixture';
import { temporaryFolder } from '../helpers/temporary-folder';

/** A valid request. */
export const GOOD_PARAMS = {
  model: 'claude-haiku-4-5',
  max_tokens: 16,
  messages: [{ role: 'user', content: 'Classify: a' }],
};

const GOOD_INPUT = ['a', 'b', 'c']
  .map((id) => `${JSON.stringify({ custom_id: id, params: GOOD_PARAMS })}\n`)
  .join('');

/** A line of the input with these entries beside good `params`. */
export function lineWith(entries: object): string {
  return `${JSON.stringify({ params: GOOD_PARAMS, ...entries })}\n`;
}

/** Of a larger object, every n-th byte is flipped. */
const SWEEP_BYTES_MAX = 300;

const FIRST = { round: 1, chunk: 0 } as const;

export interface Bench {
  readonly root: string;
  readonly store: Store;
  readonly simulator: Simulator;
  /** Plans a job with this input: bytes, or a good one by default. */
  plan(input?: string | Buffer, options?: object): Promise<Plan>;
  /** Plans with the Workflow's input as it is given. */
  planRaw(input: unknown, jobId?: string): Promise<Plan>;
  submit(plan: Plan): Promise<Submission>;
  check(plan: Plan, batchId: string): Promise<unknown>;
  reconcile(plan: Plan): Promise<unknown>;
  planRound(plan: Plan): Promise<unknown>;
  collect(plan: Plan, batchId: string, takeAsIs?: boolean): Promise<Collected>;
  finish(plan: Plan): Promise<{ readonly results: string; readonly failures: string }>;
  /** Everything at once: a job of one round. */
  all(input?: string | Buffer): Promise<{ readonly results: string; readonly failures: string }>;
  /** Plans and submits, with a fault at every create. */
  submitUnder(action: FaultAction, fault?: Partial<Fault>): Promise<Submission>;
  checkUnder(action: FaultAction): Promise<unknown>;
  collectUnder(action: FaultAction, takeAsIs?: boolean): Promise<Collected>;
  /** Changes one byte in the middle of an object. */
  flip(key: string): Promise<void>;
  /** Types of the failures that work ends with when each byte of an object is flipped in turn. */
  sweep(key: string, work: () => Promise<unknown>): Promise<string[]>;
  /** Like {@link sweep}; tells work that answers as it does on the whole object from work that answers another thing. */
  sweepRecord(key: string, work: () => Promise<unknown>): Promise<string[]>;
  /** Makes a file of so many bytes that takes no room, with an end of the case's own. */
  sparse(bytes: number, end: string): Promise<string>;
  /** Key of the outcomes, or the requests to retry, of the chunk that was collected. */
  keyOfRun(kind: 'outcomes' | 'retry'): Promise<string>;
  append(key: string, text: string): Promise<void>;
  readonly first: ReturnType<typeof chunkFiles>;
  close(): Promise<void>;
}

export async function createBench(): Promise<Bench> {
  const root = temporaryFolder();
  const store = await openLocalStore(root);
  const simulator = await startSimulator({ batchTimeMs: 0 });
  const activities = createActivities({
    store,
    anthropic: clientsFor(simulator.url),
    downloadStallMs: 300,
  });
  const run = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
    quietEnvironment().run(activity, input);
  const jobId = 'job';

  const bench: Bench = {
    root,
    store,
    simulator,
    first: chunkFiles(jobId, FIRST),
    planRaw: (input, id = jobId) =>
      run(activities.messageBatchPlan.bind(activities), { jobId: id, input, canceling: false }),
    plan: async (input = GOOD_INPUT, options = {}) => {
      const { uri } = await store.write('in.jsonl', input);
      return bench.planRaw({ requests: { uri }, ...options });
    },
    submit: (plan) =>
      run(activities.messageBatchSubmit.bind(activities), { ...plan, ...FIRST, mayPost: true }),
    check: (plan, batchId) =>
      run(activities.messageBatchCheck.bind(activities), { ...plan, ...FIRST, batchId }),
    reconcile: (plan) =>
      run(activities.messageBatchReconcile.bind(activities), { ...plan, ...FIRST, searchedMs: 0 }),
    planRound: (plan) =>
      run(activities.messageBatchPlanRound.bind(activities), {
        ...plan,
        round: 2,
        sources: [FIRST],
      }),
    collect: (plan, batchId, takeAsIs = false) =>
      run(activities.messageBatchCollect.bind(activities), {
        ...plan,
        ...FIRST,
        batchId,
        canceledByUs: false,
        takeAsIs,
        gone: false,
      }),
    finish: async (plan) => {
      const report = await run(activities.messageBatchFinish.bind(activities), {
        ...plan,
        status: 'completed' as const,
        startedAt: '2026-11-22T10:00:00Z',
        endedAt: '2026-11-22T11:00:00Z',
      });
      const read = ({ uri }: { readonly uri: string }): Promise<string> =>
        readFile(new URL(uri), 'utf8');
      return { results: await read(report.results), failures: await read(report.failures) };
    },
    all: async (input) => {
      const plan = await bench.plan(input);
      await bench.collect(plan, batchIdOf(await bench.submit(plan)));
      return bench.finish(plan);
    },
    submitUnder: async (action, fault = {}) => {
      // The list before the create is spared: what is spoiled is the call that pays.
      simulator.fault({ on: 'create', times: Infinity, ...fault, action });
      return bench.submit(await bench.plan());
    },
    checkUnder: async (action) => {
      const plan = await bench.plan();
      const batchId = batchIdOf(await bench.submit(plan));
      simulator.fault({ on: 'retrieve', times: Infinity, action });
      return bench.check(plan, batchId);
    },
    collectUnder: async (action, takeAsIs) => {
      const plan = await bench.plan();
      const batchId = batchIdOf(await bench.submit(plan));
      simulator.fault({ on: 'results', times: Infinity, action });
      return bench.collect(plan, batchId, takeAsIs);
    },
    keyOfRun: async (kind) => {
      const record = await readCollectedRecord(store, bench.first.collected);
      return bench.first[kind](record?.run ?? '');
    },
    flip: async (key) => {
      const path = join(root, key);
      const bytes = await readFile(path);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(path, bytes);
    },
    sweepRecord: async (key, work) => {
      const healthy = JSON.stringify(await work());
      return bench.sweep(key, async () => {
        const answer = JSON.stringify(await work());
        // The name of the hash itself may change: then the record is read as one of the first versions.
        throw new Error(answer === healthy ? 'as before' : `another answer: ${answer}`);
      });
    },
    sweep: async (key, work) => {
      const path = join(root, key);
      const whole = await readFile(path);
      const types = new Set<string>();
      for (let at = 0; at < whole.length; at += Math.ceil(whole.length / SWEEP_BYTES_MAX)) {
        const flipped = Buffer.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 7));
        await writeFile(path, flipped);
        const type = await work().then(
          () => 'no failure',
          (error: unknown) => findMessageBatchFailure(error)?.type ?? String(error)
        );
        types.add(type);
      }
      await writeFile(path, whole);
      return [...types].sort();
    },
    sparse: async (bytes, end) => {
      const path = join(root, 'sparse.jsonl');
      await (await open(path, 'w')).close();
      await truncate(path, bytes);
      await appendFile(path, end);
      return store.uriOf('sparse.jsonl');
    },
    append: (key, text) => appendFile(join(root, key), text),
    close: () => simulator.close(),
  };
  return bench;
}

export function batchIdOf(submission: Submission): string {
  if (submission.state !== 'submitted') throw new Error(`The submission is ${submission.state}.`);
  return submission.batchId;
}
