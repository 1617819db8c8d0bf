import { createDevServerEnv, createTimeSkippingEnv } from '../helpers/temporal';

describe('test environments', () => {
  test('the time-skipping one skips time', async () => {
    const env = await createTimeSkippingEnv();
    const before = await env.currentTimeMs();
    await env.sleep('1 day');
    const skippedMs = (await env.currentTimeMs()) - before;
    await env.teardown();
    expect(skippedMs).toBeGreaterThanOrEqual(24 * 60 * 60 * 1000);
  });

  test('the dev server answers', async () => {
    const env = await createDevServerEnv();
    const { namespaceInfo } = await env.connection.workflowService.describeNamespace({
      namespace: 'default',
    });
    await env.teardown();
    expect(namespaceInfo?.name).toBe('default');
  });
});
