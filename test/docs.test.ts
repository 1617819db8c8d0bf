/**
 * Goal: what the documentation says is so. Method: its code blocks, tables, numbers, anchors and links are compared with
 * the sources, and its measured numbers are measured again.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ms from 'ms';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createProgram } from '../src/cli/program';
import { chunkFiles, jobFiles, outputFiles } from '../src/records/job-files';
import { BATCH_PERCENT, findPrices } from '../src/core/money/prices';
import { FAILURES, type FailureType } from '../src/contract/failures';
import { CHUNK_WINDOW } from '../src/contract/limits';
import { OPTION_NAMES, resolveOptions } from '../src/contract/options';
import { HOUR_MS, MINUTE_MS, requests, withEngine } from './helpers/engine';
import { createTimeSkippingEnv } from './helpers/temporal';

const ROOT = join(__dirname, '..');
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const README = read('README.md');
const FAILURE_TYPES = Object.keys(FAILURES) as FailureType[];

/** The text below a heading, up to the next one of its level or above. */
function section(document: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0] ?? '#';
  const start = document.indexOf(`\n${heading}\n`);
  if (start < 0) return '';
  const rest = document.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The cells of each row of the first table in a text, its head left out. */
function table(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
  );
}

/** What stands in backticks. */
function code(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, inner = '']) => inner);
}

/** The anchor that a heading gets. */
function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

describe('README.md', () => {
  test('has at most 300 lines', () => {
    expect(README.trimEnd().split('\n').length).toBeLessThanOrEqual(300);
  });

  test.each(['npm ci && npm run demo', 'npm ci && npm test'])(
    'names `%s` at its top',
    (command) => {
      const lines = README.split('\n');
      expect(lines.indexOf(command)).toBeGreaterThan(0);
      expect(lines.indexOf(command)).toBeLessThan(10);
    }
  );

  test.each(['workflows', 'worker', 'start'])('shows %s.ts of the quick start whole', (name) => {
    const path = `examples/start-from-application/${name}.ts`;
    const [, shown] = README.split(`\`${path}\`\n\`\`\`ts\n`);
    expect(shown?.slice(0, shown.indexOf('```'))).toBe(read(path));
  });

  describe('options', () => {
    const rows = table(section(README, '## Options'));

    test('are all there, in order', () => {
      expect(rows.map(([name = '']) => code(name)[0])).toEqual(OPTION_NAMES);
    });

    test('have the defaults that the code has', () => {
      const given = Object.fromEntries(
        rows.flatMap(([name = '', value = '']) => {
          const [text] = code(value);
          return text === undefined ? [] : [[code(name)[0] ?? '', toValue(text)]];
        })
      );
      expect(Object.keys(given).length).toBeGreaterThan(6);
      expect(resolveOptions(given)).toEqual(resolveOptions({}));
    });
  });

  test('sorts every failure into what happens to the job', () => {
    const rows = table(section(README, '## Failures'));
    const shown = rows.flatMap(([effect = '', types = '']) =>
      code(types).map((type) => [`MessageBatch.${type}`, effect])
    );
    expect(new Map(shown as [string, string][])).toEqual(
      new Map(FAILURE_TYPES.map((type) => [type, effectOf(type)]))
    );
  });

  test('shows the prices of the table', () => {
    const rows = table(section(README, '## Cost and limits'));
    expect(rows.length).toBeGreaterThan(4);
    for (const [model = '', ...shown] of rows) {
      const prices = findPrices(code(model)[0] ?? '');
      const batch = BATCH_PERCENT / 100;
      expect(shown.map(Number)).toEqual(
        prices && [
          prices.input,
          prices.input * batch,
          prices.cacheRead * batch,
          prices.output * batch,
        ]
      );
    }
  });

  test('names every command and no other', () => {
    const rows = table(section(README, '## Command line'));
    const shown = rows.flatMap(([usage = '']) => code(usage).map((text) => text.split(' ')[0]));
    const commands = createProgram().commands.map((command) => command.name());
    expect(shown.sort()).toEqual(commands.sort());
  });
});

/** `30s` and `3` as one would write them in code. */
function toValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^\d+$/.test(text)) return Number(text);
  return /^\d+[a-z]+$/.test(text) ? ms(text as ms.StringValue) : text;
}

function effectOf(type: FailureType): string {
  const { pause, retryable } = FAILURES[type];
  if (pause === 'worker' || pause === 'batch') return 'pauses, and tries again every `checkMax`';
  if (pause !== null) return 'pauses until `resume`';
  return retryable ? 'waits and tries again' : 'fails; what is paid for is kept';
}

describe('docs/failures.md', () => {
  const document = read('docs/failures.md');

  test('has a section for each failure, in order', () => {
    const headings = [...document.matchAll(/^## (MessageBatch\..+)$/gm)].map(
      ([, heading]) => heading
    );
    expect(headings).toEqual(FAILURE_TYPES);
  });

  test.each(FAILURE_TYPES)('%s: says whether it is tried again, and what to do', (type) => {
    const text = section(document, `## ${type}`);
    const { pause, retryable } = FAILURES[type];
    expect(text).toMatch(
      retryable ? /\*\*Tried again\*\*: yes/ : /\*\*Tried again\*\*: (no|never)/
    );
    expect(text).toMatch(/\n- \*\*Do\*\*: \S/);
    const effect = pause !== null ? '**pauses**' : retryable ? '' : '**fails**';
    expect(text).toContain(effect);
  });
});

describe('docs/architecture.md', () => {
  const document = read('docs/architecture.md');

  test('shows the layout of the store as the code has it', () => {
    const comment = /^ \* ```\n([^]*?)^ \* ```$/m.exec(read('src/records/job-files.ts'))?.[1] ?? '';
    const layout = comment.replace(/^ \* ?/gm, '');
    expect(layout).toContain('jobs/<id>/');
    expect(section(document, '## The store')).toContain(layout);
  });

  test('names every file of a job', () => {
    const text = section(document, '## The store');
    const files = {
      ...jobFiles('x'),
      ...chunkFiles('x', { round: 1, chunk: 0 }),
      ...outputFiles('x'),
    };
    const names = Object.values(files)
      .filter((file) => typeof file === 'string')
      .map((file) => file.slice(file.lastIndexOf('/') + 1))
      .filter((name) => /\.jsonl?$/.test(name));
    expect(names.filter((name) => !text.includes(name))).toEqual([]);
  });
});

describe('every document', () => {
  test.each(DOCUMENTS)('%s: its links lead somewhere', (path) => {
    const links = [...read(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(path, link));
    expect(broken).toEqual([]);
  });
});

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(ROOT, path))) return false;
  if (anchor === undefined) return true;
  const headings = [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map(toAnchor).includes(anchor);
}

describe('the numbers of a job', () => {
  let env: TestWorkflowEnvironment;
  beforeEach(async () => {
    env = await createTimeSkippingEnv();
  });
  afterEach(async () => {
    await env.teardown();
  });

  test.each([
    ['1 hour', HOUR_MS],
    ['24 hours', 24 * HOUR_MS - MINUTE_MS],
  ])('one batch that takes %s: checks, events, Actions', async (time, batchTimeMs) => {
    const rows = table(section(README, '## What happens, and what is in the history'));
    const shown = rows.find(([cell]) => cell === time)?.slice(1) ?? [];
    await withEngine(env, { batchTimeMs }, async ({ batches, jobId }) => {
      const job = await batches.start(requests(10), { jobId });
      await job.report();
      const measured = await measure(env, [jobId, `${jobId}/chunk-1-0`]);
      expect(CHUNK_WINDOW).toBe(10);
      for (const [index, value] of measured.entries()) {
        const number = Number(shown[index]?.replace(',', ''));
        expect(Math.abs(number - value) / value).toBeLessThan(0.05);
      }
    });
  });
});

/** Checks, events and Actions of a job and its child, from their histories. */
async function measure(
  env: TestWorkflowEnvironment,
  workflowIds: readonly string[]
): Promise<[number, number, number]> {
  let [checks, events, actions] = [0, 0, 0];
  for (const workflowId of workflowIds) {
    const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
    for (const event of history.events ?? []) {
      events += 1;
      const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
      if (activity === 'messageBatchCheck') checks += 1;
      // https://docs.temporal.io/cloud/actions: the start of a child counts twice, here and with the child's own start.
      const isAction =
        event.workflowExecutionStartedEventAttributes ??
        event.startChildWorkflowExecutionInitiatedEventAttributes ??
        event.timerStartedEventAttributes ??
        event.workflowExecutionSignaledEventAttributes;
      if (isAction || activity !== undefined) actions += 1;
    }
  }
  return [checks, events, actions];
}
