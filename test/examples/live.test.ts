/**
 * Goal: what runs as processes of its own, in another language, or as several jobs at once, runs as well. Method:
 * Temporal's dev server, real time, and the Signal `checkNow` instead of waiting for the next check.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { evaluate } from '../../examples/eval-set/evaluate';
import { MessageBatches, type JobProgress, type Report } from '../../src/index';
import { errored, succeeded, type ResultScript } from '../../src/simulator';
import { API_KEY, eventually, HOUR_MS, requests, useEngine, type Engine } from '../helpers/engine';
import { createDevServerEnv } from '../helpers/temporal';

const withEngine = useEngine({ createEnv: createDevServerEnv });

/** Soon enough for real time. */
const BATCH_TIME_MS = 200;

/** Lets a job check its batch again and again instead of after half a minute. */
async function checkUntil<T>(
  batches: MessageBatches,
  jobIds: readonly string[],
  done: Promise<T>
): Promise<T> {
  let isDone = false;
  const ended = done.finally(() => (isDone = true));
  ended.catch(() => undefined);
  while (!isDone) {
    for (const jobId of jobIds) {
      // Not started yet, or just ended.
      await batches
        .getHandle(jobId)
        .checkNow()
        .catch(() => undefined);
    }
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 300))]);
  }
  return ended;
}

describe('eval-set', () => {
  test('scores each model and prices it, and counts what got no answer apart', async () => {
    const result: ResultScript = (request) => {
      const text = JSON.stringify(request.params['messages']);
      const [, a = '', b = ''] = /(\d+) \+ (\d+)/.exec(text) ?? [];
      if (a === '51') return errored('invalid_request_error');
      const isWrong = request.model === 'claude-haiku-4-5' && Number(a) % 2 === 1;
      return succeeded(String(Number(a) + Number(b) + (isWrong ? 1 : 0)));
    };
    await withEngine({ result, batchTimeMs: BATCH_TIME_MS }, async ({ batches, jobId }) => {
      const cases = Array.from({ length: 10 }, (_, index) => ({
        id: `sum-${index}`,
        question: `What is ${index * 17} + ${index * 23}?`,
        expected: String(index * 40),
      }));
      const models = ['claude-haiku-4-5', 'claude-sonnet-5-5'];
      const jobIds = models.map((model) => `${jobId}:${model}`);
      const scores = await checkUntil(
        batches,
        jobIds,
        evaluate(batches, cases, { evalId: jobId, models })
      );
      expect(scores).toMatchObject([
        { model: 'claude-haiku-4-5', correct: 5, wrong: 4, unanswered: 1 },
        { model: 'claude-sonnet-5-5', correct: 9, wrong: 0, unanswered: 1 },
      ]);
      expect(scores.map(({ costUsd }) => Number(costUsd) > 0)).toEqual([true, true]);
    });
  });
});

const ROOT = join(__dirname, '..', '..');

/** The environment in which a user runs the processes of the examples. */
function environment({ simulator, folder, taskQueue }: Engine): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ANTHROPIC_API_KEY: API_KEY,
    ANTHROPIC_BASE_URL: simulator.url,
    MESSAGE_BATCHES_STORE: join(folder, 'store'),
    TEMPORAL_ADDRESS: withEngine.env.address,
    TEMPORAL_NAMESPACE: withEngine.env.namespace ?? 'default',
    TASK_QUEUE: taskQueue,
  };
}

describe('start-from-application, as two processes', () => {
  const isBuilt = existsSync(join(ROOT, 'lib', 'workflows', 'index.js'));

  /** Runs a file of the quick start as it stands; the package's name leads to `lib/`. */
  function run(engine: Engine, file: string): ChildProcess {
    const path = join(ROOT, 'examples', 'start-from-application', file);
    const register = join(ROOT, 'test', 'helpers', 'register-ts.js');
    return spawn(process.execPath, ['-r', register, path], { env: environment(engine) });
  }

  test('the worker and the program of the quick start bring three answers and a price', async () => {
    // Another test's Worker must not serve them: theirs is the package as it is built.
    expect(isBuilt).toBe(true);
    const settings = { worker: null, batchTimeMs: BATCH_TIME_MS };
    await withEngine(settings, async (engine) => {
      const worker = run(engine, 'worker.ts');
      const start = run(engine, 'start.ts');
      try {
        const said = read(start);
        const batches = new MessageBatches({ client: engine.env.client, store: engine.store });
        const [code] = (await checkUntil(batches, ['first-job'], once(start, 'close'))) as [number];
        const output = await said;
        expect(output).toMatch(
          /^text-0 .*\ntext-1 .*\ntext-2 .*\n3 of 3 succeeded, for \$0\.\d+\n$/
        );
        expect(code).toBe(0);
        expect(engine.simulator.ledger.counts.create).toBe(1);
      } finally {
        start.kill();
        worker.kill('SIGTERM');
        if (worker.exitCode === null) await once(worker, 'close');
      }
    });
  });
});

async function read({ stdout, stderr }: ChildProcess): Promise<string> {
  let text = '';
  stdout?.on('data', (part: Buffer) => (text += part.toString()));
  stderr?.on('data', (part: Buffer) => (text += part.toString()));
  if (stdout !== null) await once(stdout, 'close');
  return text;
}

const python = process.env['PYTHON'] ?? 'python3';
const hasTemporal = spawnSync(python, ['-c', 'import temporalio']).status === 0;
const because = hasTemporal ? '' : ' (skipped: the Python package temporalio is not installed)';

(hasTemporal ? describe : describe.skip)(`from-python${because}`, () => {
  async function start(engine: Engine, ...words: string[]): Promise<string> {
    const path = join(ROOT, 'examples', 'from-python', 'start.py');
    try {
      return (await promisify(execFile)(python, [path, ...words], { env: environment(engine) }))
        .stdout;
    } catch (error) {
      const { signal, stdout } = error as { signal?: string; stdout: string };
      // temporalio 1.35 can crash while the interpreter exits, when everything is done and printed.
      if (signal === 'SIGSEGV' || signal === 'SIGABRT') return stdout;
      throw error;
    }
  }

  async function writeRequests({ folder }: Engine): Promise<string> {
    const path = join(folder, 'requests.jsonl');
    await writeFile(
      path,
      requests(4)
        .map((request) => `${JSON.stringify(request)}\n`)
        .join('')
    );
    return path;
  }

  test(`starts a job by name and prints its report; again, it pays nothing`, async () => {
    await withEngine({ batchTimeMs: BATCH_TIME_MS }, async (engine) => {
      const { batches, jobId, simulator } = engine;
      const path = await writeRequests(engine);
      const report = JSON.parse(
        await checkUntil(batches, [jobId], start(engine, 'start', path, jobId))
      ) as Report;
      expect(report).toMatchObject({ job_id: jobId, requests: 4, succeeded: 4 });
      expect(JSON.parse(await start(engine, 'start', path, jobId))).toEqual(report);
      expect(simulator.ledger.counts.create).toBe(1);
    });
  });

  test('asks for progress and cancels', async () => {
    await withEngine({ batchTimeMs: HOUR_MS, cancelTimeMs: 0 }, async (engine) => {
      const { batches, jobId } = engine;
      const started = start(engine, 'start', await writeRequests(engine), jobId);
      started.catch(() => undefined);
      await eventually(
        () => Promise.resolve(engine.simulator.batches().length === 1),
        'the batch is submitted'
      );
      const progress = JSON.parse(await start(engine, 'progress', jobId)) as JobProgress;
      expect(progress).toMatchObject({ status: 'running', requests: 4, processing: 4 });
      await start(engine, 'cancel', jobId);
      const report = JSON.parse(await checkUntil(batches, [jobId], started)) as Report;
      expect(report).toMatchObject({ status: 'canceled', requests: 4, canceled: 4 });
    });
  });
});
