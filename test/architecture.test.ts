/**
 * Goal: the layers that docs/architecture.md describes are rules, and not habits.
 * Method: read every import of the sources, types included, and compare it with one table. A file in a room that
 * the table does not name fails, so that a new room gets its line.
 */
import { circles, importsAmong, sourceFiles, specifiers } from './helpers/import-graph';

const CLI = ['text', 'flags', 'session', 'jobs', 'run', 'demo', 'commands'];
const SHARED = ['worker', 'api', 'submissions', 'orphans'].map((room) => `activities/${room}`);
const STEPS = ['plan', 'submit', 'reconcile', 'wait', 'collect', 'finish'];
const BASE = ['src/contract', 'src/core', 'src/records', 'src/store'];

/**
 * Who may import whom, beside the own room. A room is a folder or a single file; a file belongs to the longest
 * entry that contains it. A name allows everything below it, except a single file with a line of its own.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // The base: names, shapes and limits that all others share.
  'src/contract': [],
  // Pure decisions. They also run in the Workflow sandbox.
  'src/core/plan': ['src/contract', 'src/core'],
  'src/core/reconcile': ['src/contract', 'src/core'],
  'src/core/wait': ['src/contract', 'src/core'],
  'src/core/rounds': ['src/contract', 'src/core'],
  'src/core/questions': ['src/contract', 'src/core'],
  'src/core/collect': ['src/contract', 'src/core'],
  'src/core/money': ['src/contract', 'src/core'],
  'src/core/view': ['src/contract', 'src/core'],
  // Objects by key, and what a job stores in them.
  'src/store': ['src/contract'],
  'src/store/local': ['src/contract', 'src/store'],
  'src/store/open-store.ts': ['src/contract', 'src/store', 'src/store/local'],
  'src/records': ['src/contract', 'src/core/plan', 'src/store'],
  // Sandbox code.
  'workflows/common': ['src/contract', 'src/core'],
  'workflows/job': ['src/contract', 'src/core', 'workflows/common'],
  'workflows/chunk': ['src/contract', 'src/core', 'workflows/common'],
  'workflows/helpers': ['src/contract'],
  'workflows/index.ts': ['workflows/job', 'workflows/chunk'],
  // The only code that calls the API. A step never imports another step.
  'activities/api': ['src/contract', 'src/core'],
  'activities/worker': [...BASE, 'activities/api'],
  'activities/submissions': [...BASE, 'activities/api', 'activities/worker'],
  'activities/orphans': [...BASE, 'activities/api', 'activities/worker', 'activities/submissions'],
  ...Object.fromEntries(STEPS.map((step) => [`activities/${step}`, [...BASE, ...SHARED]])),
  'activities/index.ts': ['activities', 'src/contract'],
  // The public doors.
  'src/client': BASE,
  'src/plugin': ['src/contract'],
  'src/plugin.ts': [...BASE, 'src/plugin', 'activities', 'activities/index.ts'],
  'src/index.ts': [
    'src/client',
    'src/plugin.ts',
    'src/contract',
    'src/store',
    'activities/api',
    'workflows/helpers',
  ],
  // The API as a server speaks it, and the simulator, which shares nothing with the engine.
  'src/api-shapes': [],
  'src/simulator/requests': ['src/api-shapes'],
  'src/simulator/faults': ['src/api-shapes', 'src/simulator/requests'],
  'src/simulator/state': ['src/api-shapes', 'src/simulator/requests', 'src/simulator/faults'],
  'src/simulator/calls': [
    'src/api-shapes',
    'src/simulator/requests',
    'src/simulator/faults',
    'src/simulator/state',
  ],
  'src/simulator': ['src/api-shapes', 'src/simulator'],
  // Temporal's executables and the dev server of a state folder.
  'src/dev-server/executables': [],
  'src/dev-server': ['src/dev-server/executables'],
  // The command line: each room imports only those to its left, and nobody imports the command line.
  ...Object.fromEntries(
    CLI.map((room, index) => [
      `src/cli/${room}`,
      ['src', 'activities', ...CLI.slice(0, index).map((left) => `src/cli/${left}`)],
    ])
  ),
  'src/cli/program.ts': ['src', ...CLI.map((room) => `src/cli/${room}`)],
  'src/cli/main.ts': ['src/cli/text', 'src/cli/program.ts'],
};
const ROOMS = Object.keys(MAY_IMPORT);

const files = sourceFiles('src', 'workflows', 'activities');
const imports = importsAmong(files);

describe('every room', () => {
  test('has a line in the table, and every line a room', () => {
    const withoutLine = files.filter((file) => roomOf(file) === null);
    const used = new Set(files.map(roomOf));
    expect(withoutLine).toEqual([]);
    expect(ROOMS.filter((room) => !used.has(room))).toEqual([]);
  });

  test('imports only what its line allows', () => {
    const forbidden = imports.filter(({ from, to }) => !isAllowed(from, to));
    expect(forbidden.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('is in no circle of rooms', () => {
    const edges = imports.map(({ from, to }) => [roomOf(from) ?? from, roomOf(to) ?? to] as const);
    expect(circles(edges)).toEqual([]);
  });
});

describe('every file', () => {
  test('is in no circle of files', () => {
    expect(circles(imports.map(({ from, to }) => [from, to] as const))).toEqual([]);
  });

  test('of the pure rooms imports no Node module and no Temporal package that the sandbox lacks', () => {
    const pure = files.filter((file) => /^(src\/(contract|core)|workflows)\//.test(file));
    const impure = /^(node:|@temporalio\/(activity|client|worker|testing)$)/;
    const found = pure.flatMap((file) =>
      specifiers(file)
        .filter((specifier) => impure.test(specifier))
        .map((specifier) => `${file} → ${specifier}`)
    );
    expect(found).toEqual([]);
  });

  test('of the examples imports the package by its name only', () => {
    const found = sourceFiles('examples').flatMap((file) =>
      specifiers(file)
        .filter((specifier) => /\.\.\/.*(src|workflows|activities)\b/.test(specifier))
        .map((specifier) => `${file} → ${specifier}`)
    );
    expect(found.filter((line) => !line.includes('examples/from-your-workflow'))).toEqual([]);
  });
});

describe('circles', () => {
  test('finds each circle once, and none in a tree', () => {
    const edge = (text: string): [string, string] => text.split('→') as [string, string];
    expect(circles(['a→b', 'b→c', 'a→c', 'c→c'].map(edge))).toEqual([]);
    expect(circles(['a→b', 'b→c', 'c→b', 'c→d', 'd→e', 'e→d'].map(edge))).toEqual([
      ['d', 'e'],
      ['b', 'c'],
    ]);
  });
});

/** The longest entry of the table that contains a file. */
function roomOf(file: string): string | null {
  const containing = ROOMS.filter((room) => contains(room, file));
  return containing.sort((a, b) => b.length - a.length)[0] ?? null;
}

function isAllowed(from: string, to: string): boolean {
  const room = roomOf(from);
  const target = roomOf(to);
  if (room === null || target === null) return false;
  if (room === target) return true;
  if (target.startsWith('src/cli/') && !room.startsWith('src/cli/')) return false;
  if (target.startsWith('src/simulator') && !/^src\/(cli|simulator)\b/.test(room)) return false;
  const allowed = MAY_IMPORT[room] ?? [];
  if (target.startsWith('src/cli/')) return allowed.includes(target);
  return allowed.some((name) => contains(name, target));
}

function contains(room: string, path: string): boolean {
  return path === room || path.startsWith(`${room}/`);
}
