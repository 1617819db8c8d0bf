/**
 * An empty project that installs the package from its tarball, as a user does.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const run = promisify(execFile);

export type ModuleKind = 'commonjs' | 'module';

interface LockFile {
  readonly packages: Record<string, { readonly version: string }>;
}

interface PackageJson {
  readonly peerDependencies: Record<string, string>;
}

/** Packs this checkout into `folder`, after a build of its own, and returns the tarball's path. */
export async function packTarball(folder: string): Promise<string> {
  const args = ['pack', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: ROOT });
  // The build writes to standard output too.
  const [packed] = JSON.parse(stdout.slice(stdout.lastIndexOf('\n[') + 1)) as [
    { filename: string },
  ];
  return join(folder, packed.filename);
}

/** Makes a project whose code is of this kind, and installs the tarball, its peers and a compiler there. */
export async function createProject(
  folder: string,
  kind: ModuleKind,
  tarball: string
): Promise<void> {
  writeJson(join(folder, 'package.json'), { name: kind, private: true, type: kind });
  writeJson(join(folder, 'tsconfig.json'), {
    compilerOptions: {
      module: 'nodenext',
      moduleResolution: 'nodenext',
      target: 'es2022',
      strict: true,
      // Our own declarations are checked too.
      skipLibCheck: false,
      types: ['node'],
      rootDir: 'src',
      outDir: 'dist',
    },
    include: ['src'],
  });
  // The versions of this checkout: npm then finds nearly all of them in its cache.
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball];
  await run('npm', [...args, ...lockedVersions()], { cwd: folder });
}

/** Peers, and what a TypeScript project has: `name@version` each. */
function lockedVersions(): string[] {
  const lock = readJson('package-lock.json') as LockFile;
  const { peerDependencies } = readJson('package.json') as PackageJson;
  return [
    ...Object.keys(peerDependencies),
    '@temporalio/envconfig',
    '@types/node',
    // Temporal's declarations need these, and do not bring them.
    '@types/ms',
    'typescript',
  ].map((name) => `${name}@${lock.packages[`node_modules/${name}`]?.version ?? 'latest'}`);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(value, null, 2));
}

/** Compiles a project, and returns what the compiler reports. */
export async function compile(folder: string): Promise<string> {
  const tsc = join(folder, 'node_modules/typescript/bin/tsc');
  try {
    return (await run(process.execPath, [tsc, '-p', folder])).stdout;
  } catch (error) {
    return String(Reflect.get(Object(error) as object, 'stdout') ?? error);
  }
}

export interface Program {
  /** Resolves when the program has printed a line that matches, with that line. */
  readonly prints: (pattern: RegExp) => Promise<string>;
  /** Resolves with everything printed; rejects unless the program ended with status 0. */
  readonly succeeds: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts a program of a project. */
export function startProgram(
  folder: string,
  args: readonly string[],
  env: Record<string, string>
): Program {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let printed = '';
  const listen = (chunk: Buffer): void => {
    printed += chunk.toString();
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  return {
    prints: async (pattern) => {
      for (;;) {
        const line = printed.split('\n').find((text) => pattern.test(text));
        if (line !== undefined) return line;
        if (hasEnded(child))
          throw new Error(`Ended without printing ${pattern.source}: ${printed}`);
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), ended]);
      }
    },
    succeeds: async () => {
      await ended;
      if (child.exitCode !== 0) throw new Error(`Ended with ${child.exitCode}: ${printed}`);
      return printed;
    },
    stop: async () => {
      if (!hasEnded(child)) child.kill('SIGTERM');
      await ended;
    },
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
