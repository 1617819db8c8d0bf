/**
 * Goal: no requests or results stay in the temporary folder after a process was killed. Method: a process that copies a
 * pipe is killed, and the next one looks at what it left; a spool is looked for while it is in use.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, utimesSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { withSpool } from '../../activities/collect/results-spool';
import { toRequestFile } from '../../src/client/request-source';
import { isAbandoned } from '../../src/client/temporary-file';
import { temporaryFolder } from '../helpers/temporary-folder';

const DAY_MS = 24 * 60 * 60 * 1000;
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
  jest.spyOn(os, 'tmpdir').mockReturnValue(folder);
});

afterEach(() => {
  jest.restoreAllMocks();
});

test.each<[name: string, ageMs: number, expected: boolean]>([
  ['message-batches-aaaa-12-x1y2z3', 0, true],
  ['message-batches-aaaa-11-x1y2z3', 0, false],
  ['message-batches-aaaa-11-x1y2z3', 8 * DAY_MS, true],
  ['message-batches-bbbb-12-x1y2z3', 0, false],
  ['message-batches-bbbb-12-x1y2z3', 8 * DAY_MS, true],
  ['message-batches-notes', 8 * DAY_MS, false],
  ['message-batches-demo-x1y2z3', 8 * DAY_MS, false],
  ['other-aaaa-12-x1y2z3', 8 * DAY_MS, false],
])('%s after %d ms, where the process 11 of aaaa runs: %s', (name, ageMs, expected) => {
  const isRunning = (pid: number) => pid === 11;
  expect(isAbandoned({ name, ageMs }, { machine: 'aaaa', isRunning })).toBe(expected);
});

/** Starts a process that has copied a part of a pipe, which does not end. */
async function startCopying() {
  const script = `
    require('@swc/core');
    const { readFileSync } = require('fs');
    require.extensions['.ts'] = (module, name) => module._compile(
      require('@swc/core').transformSync(readFileSync(name, 'utf8'), {
        filename: name, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' },
      }).code, name);
    require(${JSON.stringify(join(__dirname, '../../src/client/temporary-file.ts'))})
      .copyToTemporary('stdin.jsonl', (async function* () {
        yield Buffer.from('a prompt');
        console.log('copying');
        await new Promise(() => setInterval(() => undefined, 1000));
      })());`;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: join(__dirname, '../..'),
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('the folder of a killed process is removed by the next one; that of a living one stays', async () => {
  const killed = await startCopying();
  const living = await startCopying();
  try {
    expect(readdirSync(folder)).toHaveLength(2);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const file = await toRequestFile([{ params: {} }]);
    await file.release();
    expect(readdirSync(folder)).toEqual([expect.stringContaining(`-${living.pid ?? ''}-`)]);
  } finally {
    living.kill('SIGKILL');
    await once(living, 'exit');
  }
});

test('what belongs to others stays, however old it is', async () => {
  const other = join(folder, 'message-batches-notes');
  mkdirSync(other);
  utimesSync(other, 0, 0);
  await (await toRequestFile([{ params: {} }])).release();
  expect(readdirSync(folder)).toEqual(['message-batches-notes']);
});

// On Windows, a file that is open keeps its name.
const describeOnPosix = process.platform === 'win32' ? describe.skip : describe;

describeOnPosix('a spool of results', () => {
  test('has no name while it is in use', async () => {
    const read = await withSpool(async (file) => {
      await file.write(Buffer.from('an answer'), 0, 9, 0);
      expect(readdirSync(folder)).toEqual([]);
      const { buffer } = await file.read(Buffer.alloc(9), 0, 9, 0);
      return buffer.toString();
    });
    expect(read).toBe('an answer');
  });
});
