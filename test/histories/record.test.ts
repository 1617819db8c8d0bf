/**
 * Records the histories anew: `npm run histories`. Not part of the tests; see CONTRIBUTING.md for when to do it.
 */
import { mkdir, rm } from 'node:fs/promises';
import { runEngine } from '../helpers/engine';
import { createTimeSkippingEnv } from '../helpers/temporal';
import { RECORDED, writeHistory } from './history-files';
import { SCENARIOS } from './scenarios';

const recordOnly = process.env['RECORD_HISTORIES'] ? test : test.skip;

recordOnly(
  'records the histories of every scenario',
  async () => {
    await rm(RECORDED, { recursive: true, force: true });
    await mkdir(RECORDED);
    const env = await createTimeSkippingEnv();
    try {
      for (const [name, { simulator, run }] of Object.entries(SCENARIOS)) {
        await runEngine(env, simulator, async (engine) => {
          await run(engine);
          const { client } = env;
          const children = [1, 2, 3].flatMap((round) => [`chunk-${round}-0`, `round-${round}`]);
          for (const part of ['', ...children]) {
            const workflowId = part === '' ? engine.jobId : `${engine.jobId}/${part}`;
            const history = await client.workflow
              .getHandle(workflowId)
              .fetchHistory()
              .catch(() => null);
            if (history === null) continue;
            await writeHistory(`${name}.${part === '' ? 'job' : part}`, history, engine.folder);
          }
        });
      }
    } finally {
      await env.teardown();
    }
  },
  300_000
);
