import { blocks, read } from '../docs/documents';
import { expectEnd, inSandbox, type Ended } from './helpers/sandbox';

jest.setTimeout(120_000);

describe('demo', () => {
  test('runs a whole job over real documents in under a minute, and cleans up', async () => {
    await inSandbox({}, async ({ run, env, simulator }) => {
      const startedMs = performance.now();
      // A key alone does not allow the demo to spend money.
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
      expectQuoted(ended);
    });
  });
});

/** Expects the output that the README shows, except for its numbers: other packages may be installed. */
function expectQuoted({ stdout, stderr }: Ended): void {
  const withoutNumbers = (text: string): string[] =>
    text.split('\n').map((line) => line.replace(/\d[\d,.]*/g, '#'));
  const quoted = blocks(read('README.md')).find(({ language }) => language === 'text');
  const lines = withoutNumbers(quoted?.code.trimEnd() ?? '');
  expect(lines).toHaveLength(10);
  const told = withoutNumbers(`${stderr}\n${stdout}`);
  expect(lines.filter((line) => !told.includes(line))).toEqual([]);
}
