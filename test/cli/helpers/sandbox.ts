/**
 * A folder, a simulator and an environment of a test's own, with the command line run in it as real processes.
 *
 * What a test leaves running is ended by its id, and fails the test.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { useDevServer } from '../../../src/dev-server';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../../src/simulator';
import { compileCli } from './compile-cli';
import { temporaryFolder } from '../../helpers/temporary-folder';

export interface Ended {
  /** Negative: ended by a signal. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  readonly told: () => string;
  /** Resolves when standard error or output holds this. */
  readonly says: (text: string | RegExp) => Promise<void>;
}

export interface Sandbox {
  readonly dir: string;
  readonly simulator: Simulator;
  /** Variables for the processes to come. */
  readonly env: Record<string, string | undefined>;
  readonly path: (name: string) => string;
  /** Runs a command to its end. */
  readonly run: (...args: readonly string[]) => Promise<Ended>;
  /** Starts a command. */
  readonly start: (...args: readonly string[]) => Started;
  /** Starts a command in another folder, with this on its standard input. */
  readonly startWith: (
    options: { readonly cwd?: string; readonly stdin?: string },
    ...args: readonly string[]
  ) => Started;
  /** Writes requests as JSON Lines. */
  readonly writeRequests: (name: string, ids: readonly string[]) => string;
  readonly readLines: (
    name: string
  ) => { readonly custom_id: string; readonly [key: string]: unknown }[];
  readonly readJson: (name: string) => Record<string, unknown>;
  /** Processes that have to do with this sandbox. */
  readonly processes: () => number[];
}

/** Expects an exit status, and something in what the command told. */
export function expectEnd({ status, stdout, stderr }: Ended, expected: number, told: RegExp): void {
  const all = `${stdout}${stderr}`;
  // In one object, so that a wrong status shows what was told.
  expect({ status, all }).toEqual({ status: expected, all: expect.stringMatching(told) as string });
  expect(stderr).not.toMatch(/^ +at /m);
}

/** Options that make a job quick. */
export const QUICK = ['--check-min', '100ms', '--check-max', '400ms', '--retry-delay', '200ms'];

/** Ten times what it takes: the machine may be busy. */
const CHILD_MS_MAX = 100_000;
const GONE_MS_MAX = 8_000;

export interface SandboxOptions extends SimulatorOptions {
  /** A state folder whose server runs already. Defaults to one of the sandbox's own. */
  readonly state?: HeldState;
}

/** A state folder whose dev server is kept running: commands need not start and stop it each. */
export interface HeldState {
  readonly path: string;
  release(): Promise<void>;
}

export async function holdState(): Promise<HeldState> {
  const path = temporaryFolder();
  const server = await useDevServer({ stateDir: path });
  return {
    path,
    release: () => server.release(),
  };
}

/** Runs a test in a sandbox. */
export async function inSandbox(
  { state, ...options }: SandboxOptions,
  test: (sandbox: Sandbox) => Promise<void>
): Promise<void> {
  const dir = temporaryFolder();
  const simulator = await startSimulator({ batchTimeMs: 300, cancelTimeMs: 300, ...options });
  const sandbox = createSandbox(dir, simulator);
  if (state !== undefined) sandbox.env['MESSAGE_BATCHES_STATE'] = state.path;
  try {
    await test(sandbox);
    expect(await whenGone(sandbox)).toEqual([]);
  } finally {
    for (const pid of processesOf(dir)) process.kill(pid, 'SIGKILL');
    await simulator.close();
  }
}

function createSandbox(dir: string, simulator: Simulator): Sandbox {
  const bin = compileCli();
  const env = cleanEnvironment(dir, simulator);
  const path = (name: string): string => join(dir, name);
  const startWith: Sandbox['startWith'] = ({ cwd = dir, stdin }, ...args) =>
    start(bin, args, { cwd, env, stdin });
  const startHere: Sandbox['start'] = (...args) => startWith({}, ...args);
  return {
    dir,
    simulator,
    env,
    path,
    startWith,
    start: startHere,
    run: (...args) => startHere(...args).ended,
    writeRequests: (name, ids) => {
      writeFileSync(path(name), ids.map((id) => `${JSON.stringify(toRequest(id))}\n`).join(''));
      return path(name);
    },
    readLines: (name) =>
      readFileSync(path(name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { custom_id: string }),
    readJson: (name) => JSON.parse(readFileSync(path(name), 'utf8')) as Record<string, unknown>,
    processes: () => processesOf(dir),
  };
}

function toRequest(id: string): object {
  const messages = [{ role: 'user', content: `Classify: ${id}` }];
  return { custom_id: id, params: { model: 'claude-haiku-4-5', max_tokens: 16, messages } };
}

/** Nothing of the machine's own configuration reaches a test. */
function cleanEnvironment(dir: string, simulator: Simulator): Record<string, string | undefined> {
  const foreign = /^(ANTHROPIC|TEMPORAL|MESSAGE_BATCHES)_/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const profile = join(dir, 'no-profile.toml');
  writeFileSync(profile, '');
  return {
    ...Object.fromEntries(own),
    TEMPORAL_CONFIG_FILE: profile,
    ANTHROPIC_BASE_URL: simulator.url,
    ANTHROPIC_API_KEY: 'sk-ant-test-key',
    // Names the sandbox in the environment of every process that is started in it.
    MESSAGE_BATCHES_TEST: dir,
  };
}

function start(
  bin: string,
  args: readonly string[],
  {
    cwd,
    env,
    stdin,
  }: { cwd: string; env: Record<string, string | undefined>; stdin?: string | undefined }
): Started {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...env } });
  child.stdin.end(stdin);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), CHILD_MS_MAX);
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ status: code ?? -1, stdout, stderr });
    });
  });
  const says = async (text: string | RegExp): Promise<void> => {
    const isSaid = (): boolean => (stdout + stderr).search(text) >= 0;
    const endMs = performance.now() + CHILD_MS_MAX;
    while (!isSaid()) {
      if (child.exitCode !== null || performance.now() > endMs) {
        throw new Error(`Expected ${String(text)}, got: ${stdout}${stderr}`);
      }
      await sleep(50);
    }
  };
  return { child, ended, says, told: () => stdout + stderr };
}

async function whenGone({ processes }: Sandbox): Promise<string[]> {
  const endMs = performance.now() + GONE_MS_MAX;
  let left = processes();
  while (left.length > 0 && performance.now() < endMs) {
    await sleep(100);
    left = processes();
  }
  return left.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
}

/** Processes whose command line or environment names the sandbox; ended ones that were not reaped do not count. */
function processesOf(dir: string): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(dir);
        } catch {
          return false;
        }
      })
    );
}
