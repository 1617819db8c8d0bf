/**
 * What the command line says of itself, and commands that need no Temporal.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { createProgram } from '../../src/cli/program';
import { toFlag } from '../../src/cli/text/flag-name';
import { OPTION_NAMES } from '../../src/contract/options';
import { expectEnd, inSandbox } from './helpers/sandbox';

const COMMANDS = [
  'run',
  'status',
  'cancel',
  'pause',
  'resume',
  'answer',
  'check-now',
  'results',
  'forget',
  'worker',
  'dev',
  'simulator',
  'demo',
];

const PARAMS =
  '{"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "a"}]}';
/** A valid request, a misspelled key, an unknown key. */
const BAD_LINES = [
  `{"custom_id": "a", "params": ${PARAMS}}`,
  '',
  '{"custom_id": "b", "parms": {}}',
  '',
  `{"custom_id": "c", "params": ${PARAMS}, "tags": []}`,
].join('\n');

/** The sections of a help, in the one order that all keep. */
const SECTIONS = [
  'Arguments:',
  'Options:',
  'Options of the job:',
  'Where:',
  'Help:',
  'Examples:',
  'Exit status:',
];

jest.setTimeout(120_000);

describe('--help', () => {
  test('names every command of the contract', () => {
    expect(createProgram().commands.map((command) => command.name())).toEqual(COMMANDS);
  });

  test.each(COMMANDS)('%s --help shows examples', (name) => {
    expect(helpOf(name)).toMatch(
      new RegExp(`^ {2}\\$ .*npx temporal-message-batches ${name}`, 'm')
    );
  });

  test.each(COMMANDS)('%s --help keeps the order of sections', (name) => {
    const found = helpOf(name)
      .split('\n')
      .filter((line) => SECTIONS.includes(line));
    expect(found).toEqual(SECTIONS.filter((section) => found.includes(section)));
    expect(found).toEqual(expect.arrayContaining(['Help:', 'Examples:']));
  });

  test.each(OPTION_NAMES)('run has a flag for the option %s', (option) => {
    expect(helpOf('run')).toContain(` ${toFlag(option)}`);
  });
});

describe('message-batches', () => {
  test('suggests the nearest command and option, and fails in one line', async () => {
    await inSandbox({}, async ({ run }) => {
      const [command, option, renamed, file, nothing] = await Promise.all([
        run('runn'),
        run('run', '--chek-min', '1s'),
        run('run', '--orphan-wait', '1m'),
        run('run', 'nothing.jsonl', '--out', 'out'),
        run('run', '--out', 'out'),
      ]);
      expectEnd(command, 1, /Did you mean run\?/);
      expectEnd(option, 1, /Did you mean --check-min\?\)?\n.*message-batches run --help/);
      expectEnd(renamed, 1, /now called `--lost-answer-wait`/);
      expectEnd(file, 1, /^error: There is no file .*\n$/);
      expectEnd(nothing, 1, /remembers no job/);
    });
  });
});

describe('run --dry-run', () => {
  test('checks every line and starts nothing', async () => {
    await inSandbox({}, async ({ run, env, path, writeRequests, simulator }) => {
      delete env['ANTHROPIC_API_KEY'];
      writeRequests('good.jsonl', ['a', 'b']);
      writeFileSync(path('bad.jsonl'), BAD_LINES);
      const [good, bad, counted, wrong] = await Promise.all([
        run('run', 'good.jsonl', '--dry-run', '--json'),
        run('run', 'bad.jsonl', '--dry-run'),
        run('run', 'bad.jsonl', '--dry-run', '--json'),
        run('run', 'good.jsonl', '--dry-run', '--check-min', '1ms', '--max-attempts', 'x'),
      ]);
      expect(JSON.parse(good.stdout)).toMatchObject({ requests: 2, batches: 1, bad_lines: 0 });
      expectEnd(bad, 1, /^error: The input has 2 bad lines and 1 valid request/);
      expect(bad.stderr).toMatch(/^line 3: .*`params`/m);
      expect(bad.stderr).toMatch(/^line 5: unknown key "tags" at byte offset \d+$/m);
      expect(JSON.parse(counted.stdout)).toMatchObject({ requests: 1, bad_lines: 2 });
      expect(wrong.stderr).toMatch(/`--check-min` to be at least 50 ms.*`--max-attempts`/);
      expect(simulator.ledger.calls).toEqual([]);
      expect(existsSync(path('.message-batches'))).toBe(false);
    });
  });
});

describe('simulator', () => {
  test('prints its URL first, answers there, and ends on SIGTERM', async () => {
    await inSandbox({}, async ({ start }) => {
      const simulating = start('simulator', '--wildcard');
      await simulating.says(/^http:.*\n/);
      simulating.child.stdout?.pause();
      simulating.child.kill('SIGTERM');
      const { status, stdout } = await simulating.ended;
      expect(status).toBe(0);
      expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    });
  });
});

function helpOf(name: string): string {
  let text = '';
  const command = createProgram().commands.find((known) => known.name() === name);
  command?.configureOutput({ writeOut: (piece) => (text += piece) }).outputHelp();
  return text;
}
