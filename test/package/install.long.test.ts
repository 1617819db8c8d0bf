/**
 * Goal: what is published works where it is installed. Method: the tarball is installed in an empty project of each kind of
 * module, the quick start is type-checked there, and run by plain Node against Temporal's test server and the package's own
 * simulator.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { findExecutable } from '../../src/dev-server';
import { eventually } from '../helpers/engine';
import { createTimeSkippingEnv } from '../helpers/temporal';
import {
  compile,
  createProject,
  packTarball,
  startProgram,
  type ModuleKind,
  type Program,
} from './project';
import { temporaryFolder } from '../helpers/temporary-folder';

const ROOT = join(__dirname, '../..');
const QUICK_START = 'start-from-application';
const INSTALL_MS_MAX = 300_000;
const RUN_MS_MAX = 300_000;

const SIMULATE = `
import { startSimulator } from 'temporal-message-batches/simulator';

void startSimulator({ batchTimeMs: 10 }).then(({ url }) => {
  console.log(url);
});
`;

/** What an ES module writes instead: examples/README.md says the same. */
const FOR_ES_MODULES = [
  ["require.resolve('./workflows')", "fileURLToPath(import.meta.resolve('./workflows.js'))"],
  ['if (require.main === module) void main();', 'await main();'],
] as const;

let home: string;
let tarball: string;
beforeAll(async () => {
  home = temporaryFolder();
  tarball = await packTarball(home);
}, INSTALL_MS_MAX);

function writeSources(folder: string, kind: ModuleKind): void {
  const sources = join(folder, 'src');
  const examples = join(ROOT, 'examples');
  if (kind === 'commonjs') {
    // All examples type-check that need no other package.
    const isOwn = (path: string) => !/\.json$|ai-sdk|tracing\.ts$/.test(path);
    cpSync(examples, sources, { recursive: true, filter: (path) => isOwn(relative(ROOT, path)) });
  } else {
    cpSync(join(examples, QUICK_START), join(sources, QUICK_START), { recursive: true });
    for (const name of ['worker.ts', 'start.ts']) {
      const path = join(sources, QUICK_START, name);
      writeFileSync(path, toEsModule(readFileSync(path, 'utf8')));
    }
  }
  writeFileSync(join(sources, 'simulate.ts'), SIMULATE);
}

function toEsModule(source: string): string {
  const code = FOR_ES_MODULES.reduce(
    (text, [old, replacement]) => text.replace(old, replacement),
    source
  );
  return code.includes('fileURLToPath')
    ? `import { fileURLToPath } from 'node:url';\n${code}`
    : code;
}

test('examples/README.md says what an ES module writes instead', () => {
  const text = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');
  expect(FOR_ES_MODULES.flat().filter((code) => !text.includes(code))).toEqual([]);
});

test(
  'docs/api describes what is packed',
  () => {
    // The pack has built it.
    const { stderr } = spawnSync(process.execPath, ['scripts/api-report.mjs'], { cwd: ROOT });
    expect(stderr.toString()).toBe('');
  },
  RUN_MS_MAX
);

describe.each<ModuleKind>(['commonjs', 'module'])('in a %s project', (kind) => {
  let folder: string;
  beforeAll(async () => {
    folder = join(home, kind);
    await createProject(folder, kind, tarball);
    writeSources(folder, kind);
  }, INSTALL_MS_MAX);

  test(
    'the quick start type-checks',
    async () => {
      expect(await compile(folder)).toBe('');
    },
    RUN_MS_MAX
  );

  test(
    'the quick start classifies three texts',
    async () => {
      const env = await createTimeSkippingEnv();
      const programs: Program[] = [];
      const start = (name: string, more: Record<string, string> = {}): Program => {
        const program = startProgram(folder, [join('dist', name)], {
          TEMPORAL_ADDRESS: env.address,
          MESSAGE_BATCHES_STORE: join(folder, 'store'),
          ...more,
        });
        programs.push(program);
        return program;
      };
      try {
        const url = await start('simulate.js').prints(/^http/);
        const api = { ANTHROPIC_API_KEY: 'any', ANTHROPIC_BASE_URL: url };
        start(join(QUICK_START, 'worker.js'), api);
        const application = start(join(QUICK_START, 'start.js'));
        await skipTime(env);
        expect(await application.succeeds()).toMatch(/^3 of 3 succeeded, for \$\d/m);
      } finally {
        await Promise.all(programs.map((program) => program.stop()));
        await env.teardown();
      }
    },
    RUN_MS_MAX
  );

  test(
    'the command runs its demo',
    async () => {
      const demo = startProgram(folder, ['node_modules/.bin/message-batches', 'demo', '--exit'], {
        TEMPORAL_CLI_PATH: await findExecutable('temporal-cli'),
        ANTHROPIC_API_KEY: '',
      });
      expect(await demo.succeeds()).toMatch(/Status +completed/);
    },
    RUN_MS_MAX
  );
});

/** Lets hours pass at once until the job has ended: Temporal's test server does so while its own client waits. */
async function skipTime(env: TestWorkflowEnvironment): Promise<void> {
  const job = env.client.workflow.getHandle('first-job');
  const isStarted = (): Promise<boolean> =>
    job.describe().then(
      () => true,
      () => false
    );
  await eventually(isStarted, 'a started job', RUN_MS_MAX);
  await job.result();
}
