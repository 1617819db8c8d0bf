/**
 * Goal: the README is an entrance, and what it says is so. Method: its first screen is read line by line; code, options
 * and amounts are compared with the sources. `test/cli/demo.test.ts` compares the quoted output with a run of the demo.
 */
import { costPicoUsd, formatNanoUsd, toNanoUsd } from '../../src/core/money/cost';
import { findPrices } from '../../src/core/money/prices';
import { parseUsage } from '../../src/core/collect/usage';
import { checkRequest } from '../../src/core/plan/requests';
import { OPTION_NAMES } from '../../src/contract/options';
import type { PauseKind } from '../../src/contract/public';
import { code, quotes, read, section, table } from './documents';

const README = read('README.md');
const LINES = README.trimEnd().split('\n');
const FIRST_SCREEN = LINES.slice(0, 40);

describe('README.md', () => {
  test('has at most 250 lines', () => {
    expect(LINES.length).toBeLessThanOrEqual(250);
  });

  test('has a first screen of at most 80 columns', () => {
    expect(FIRST_SCREEN.filter((line) => line.length > 80)).toEqual([]);
  });

  test('says on its first screen, in this order, what a reader asks first', () => {
    const screen = FIRST_SCREEN.join('\n');
    const places = [
      /^Run 300,000 Claude requests at half price with one command\. It survives\ncrashes, and does not pay twice when an answer is lost\.$/m,
      /^npm ci && npm run demo$/m,
      /^Cost +\$/m,
      /^Saved +\$/m,
      /^- \*\*Needs\*\*: Node/m,
      /^- \*\*Takes\*\*: typically about an hour, at most 24 hours a round/m,
      /^- \*\*Stores\*\*: prompts and answers are in plain text/m,
      /^- \*\*Not for\*\*/m,
      /^- \*\*Stage\*\*: \[Pre-release\]/m,
      /Tested on/,
    ].map((pattern) => screen.search(pattern));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  test.each(['npm ci && npm run demo', 'npm ci && npm test'])('has `%s` on a line', (command) => {
    expect(LINES.filter((line) => line === command)).toEqual([command]);
  });

  test('names the versions that its tests run with', () => {
    const shown = FIRST_SCREEN.join(' ').replace(/ +/g, ' ');
    const minor = (name: string): string => {
      const { version } = JSON.parse(read(`node_modules/${name}/package.json`)) as {
        version: string;
      };
      return version.split('.').slice(0, 2).join('.');
    };
    expect(shown).toContain(`Temporal SDK ${minor('@temporalio/worker')}`);
    expect(shown).toContain(`Anthropic SDK ${minor('@anthropic-ai/sdk')}`);
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(shown).toContain(`Node ${engines.node.replace(/^>=|\.0$/g, '')} or later`);
  });

  const quoted = quotes(README);

  test('quotes the examples', () => {
    expect(quoted.map(({ path }) => path)).toEqual([
      'examples/start-from-application/worker.ts',
      'examples/start-from-application/start.ts',
      'examples/from-your-workflow/workflows.ts',
    ]);
  });

  test.each(quoted)('quotes $path as it is', ({ path, code: shown }) => {
    expect(read(path)).toContain(shown);
  });

  test('shows a valid request', () => {
    const line = /^echo '(.+)' > requests\.jsonl$/m.exec(README)?.[1] ?? '';
    const request = checkRequest(Buffer.from(line), { defaults: null, apiVersion: null });
    expect(request).toMatchObject({ customId: 'a' });
  });

  test('lists options that exist', () => {
    const names = table(section(README, '## Options')).map(([name = '']) => code(name)[0]);
    expect(names).toHaveLength(5);
    expect(OPTION_NAMES).toEqual(expect.arrayContaining(names));
    expect(README).toContain('all twelve are in');
    expect(OPTION_NAMES).toHaveLength(12);
  });

  const pauses: Record<PauseKind, true> = {
    person: true,
    account: true,
    submission: true,
    worker: true,
    batch: true,
    refused: true,
    permit: true,
  };
  const occurring = Object.keys(pauses).filter((kind) => kind !== 'permit');
  const explanations: [string, string[]][] = [
    ['README.md', occurring],
    ['docs/troubleshooting.md', Object.keys(pauses)],
  ];

  test.each(explanations)('%s explains each pause', (path, kinds) => {
    const rows = read(path)
      .split('\n')
      .flatMap((line) => /^\| `(\w+)` \| /.exec(line)?.[1] ?? []);
    expect(rows).toEqual(expect.arrayContaining(kinds));
  });

  test('computes its example of the cost from the prices', () => {
    const text = section(README, '## Cost').replaceAll('\n', ' ');
    const [, requests = '', input = '', output = '', model = ''] =
      /([\d,]+) requests of (\d+) input and (\d+) output tokens each, with `([\w-]+)`/.exec(text) ??
      [];
    const count = Number(requests.replaceAll(',', ''));
    const usage = parseUsage({
      input_tokens: count * Number(input),
      output_tokens: count * Number(output),
    });
    const batchUsd = formatNanoUsd(toNanoUsd(costPicoUsd(model, usage, undefined) ?? 0n));
    expect(text).toContain(`**$${batchUsd}**`);
    expect(text).toContain(`single calls are $${(2 * Number(batchUsd)).toFixed(2)}`);
    const prices = findPrices(model);
    expect(text).toContain(`at $${((prices?.input ?? 0) / 2).toFixed(2)} and`);
    expect(text).toContain(`out at $${((prices?.output ?? 0) / 2).toFixed(2)} a million`);
  });
});
