import { expectEnd, inSandbox } from './helpers/sandbox';

jest.setTimeout(120_000);

describe('demo', () => {
  test('runs a whole job over real documents in under a minute, and cleans up', async () => {
    await inSandbox({}, async ({ run, env, simulator }) => {
      const startedMs = performance.now();
      // A key alone is no leave to spend money.
      env['TMPDIR'] = env['MESSAGE_BATCHES_TEST'];
      const ended = await run('demo', '--exit');
      expectEnd(ended, 0, /Round 2: \d+ requests failed/);
      const { stdout } = ended;
      expect(performance.now() - startedMs).toBeLessThan(60_000);
      expect(stdout).toContain('so a simulator of the API on this machine answers');
      expect(stdout).toMatch(/^Simulated answers/m);
      expect(stdout).toMatch(/^Status +completed/m);
      expect(stdout).toMatch(/namespaces\/default\/workflows\/documents-/);
      expect(simulator.ledger.calls).toEqual([]);
    });
  });
});
