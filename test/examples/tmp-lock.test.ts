import { requests, withEngine } from '../helpers/engine';
import { createTimeSkippingEnv } from '../helpers/temporal';
test.each([...Array(8).keys()])('two at once %d', async () => {
  const env = await createTimeSkippingEnv();
  try {
    await withEngine(env, {}, async ({ batches, jobId }) => {
      const go = async (n: number) => (await batches.start(requests(5, `p${n}`), { jobId: `${jobId}-${n}` })).report();
      await Promise.all([go(1), go(2)]);
      await Promise.all([go(3), go(4)]);
    });
  } finally { await env.teardown(); }
}, 40_000);
