/**
 * Goal: the published package has what its users need, and nothing else. Method: npm lists what it would pack of the last
 * build.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const FILES_MAX = 500;

type Target = string | Record<string, string>;

interface PackageJson {
  readonly bin: Record<string, string>;
  readonly exports: Record<string, Target>;
}

let files: string[];
beforeAll(() => {
  if (!existsSync(join(ROOT, 'lib'))) throw new Error('Run `npm run build` first.');
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const output = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  const [packed] = JSON.parse(output) as [{ files: { path: string }[] }];
  files = packed.files.map(({ path }) => path);
});

function filesIn(folder: string): string[] {
  return files.filter((path) => path.startsWith(`${folder}/`));
}

/** The files that a value of `exports` or `bin` names. */
function pathsOf(target: Target): string[] {
  const paths = typeof target === 'string' ? [target] : Object.values(target);
  return paths.map((path) => path.replace('./', ''));
}

describe('the package', () => {
  test(`has at most ${FILES_MAX} files`, () => {
    expect(files.length).toBeLessThanOrEqual(FILES_MAX);
  });

  test('has all that package.json names', () => {
    const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
    const { bin, exports } = JSON.parse(text) as PackageJson;
    const named = [bin, ...Object.values(exports)].flatMap(pathsOf);
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  });

  test('has no tests, no sources, no source maps and no API reports', () => {
    const folders = ['test', 'src', 'workflows', 'activities', 'examples', 'scripts', 'docs/api'];
    expect(folders.flatMap(filesIn)).toEqual([]);
    expect(files.filter((path) => path.endsWith('.map'))).toEqual([]);
  });

  test('declares nothing of what only the command line uses', () => {
    const insides = ['lib/src/cli', 'lib/src/dev-server'].flatMap(filesIn);
    expect(insides.length).toBeGreaterThan(50);
    expect(insides.filter((path) => path.endsWith('.d.ts'))).toEqual([]);
  });
});
