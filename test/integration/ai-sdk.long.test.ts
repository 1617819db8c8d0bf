/**
 * Goal: Temporal's AI SDK plugin and ours share a Worker. Method: the example runs unchanged as a process, both kinds of
 * call end at the simulator.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { requests, useEngine } from '../helpers/engine';
import { createDevServerEnv } from '../helpers/temporal';
import { variablesOf } from './variables';

const REGISTER = require.resolve('../helpers/register-ts.js');
const WORKER = require.resolve('./fixtures/ai-sdk-worker.js');

const withEngine = useEngine({ createEnv: createDevServerEnv });

test('a Workflow runs a job and asks one question in real time', async () => {
  await withEngine({ worker: null, batchTimeMs: 1000 }, async (engine) => {
    const { jobId, store, taskQueue, simulator } = engine;
    const text = requests(3)
      .map((request) => JSON.stringify(request))
      .join('\n');
    const { uri } = await store.write('reviews/requests.jsonl', text);
    const worker = spawn(
      process.execPath,
      ['-r', REGISTER, WORKER, withEngine.env.address, taskQueue],
      {
        env: {
          ...process.env,
          ...variablesOf(engine),
          AI_SDK_BASE_URL: `${simulator.url}/v1`,
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      }
    );
    const ended = once(worker, 'exit');
    try {
      const answer: unknown = await withEngine.env.client.workflow.execute('reviewDay', {
        workflowId: `${jobId}-review`,
        taskQueue,
        args: [{ requests: { uri }, jobId, taskQueue }],
        workflowExecutionTimeout: '4 minutes',
      });
      expect(typeof answer).toBe('string');
      expect(answer).not.toBe('');
      const { counts } = simulator.ledger;
      expect(counts).toMatchObject({ create: 1, messages: 1 });
    } finally {
      worker.kill('SIGTERM');
      await ended;
    }
  });
}, 300_000);
