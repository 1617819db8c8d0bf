/**
 * FILE as people have it: pipes, other forms, other formats. Real processes, and bash for what only a shell does.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compileCli } from './helpers/compile-cli';
import {
  expectEnd,
  holdState,
  inSandbox,
  QUICK,
  type Ended,
  type HeldState,
} from './helpers/sandbox';

jest.setTimeout(300_000);

function requests(ids: readonly string[]): object[] {
  const messages = [{ role: 'user', content: 'hi' }];
  const params = { model: 'claude-haiku-4-5', max_tokens: 16, messages };
  return ids.map((id) => ({ custom_id: id, params }));
}

const toLines = (list: readonly object[]): string =>
  list.map((each) => `${JSON.stringify(each)}\n`).join('');

describe('the FILE of run', () => {
  let state: HeldState;
  beforeAll(async () => {
    state = await holdState();
  });
  afterAll(() => state.release());

  /** Runs a script in which $BATCHES is the command. */
  function shell(
    dir: string,
    env: Record<string, string | undefined>,
    script: string
  ): Promise<Ended> {
    return new Promise((resolve) => {
      const batches = `${process.execPath} ${compileCli()}`;
      execFile(
        'bash',
        ['-c', script],
        { cwd: dir, env: { ...env, BATCHES: batches } },
        (error, stdout, stderr) => {
          resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
        }
      );
    });
  }

  test('is any form of the same requests, and one job', async () => {
    await inSandbox({ state }, async ({ run, path, readLines, simulator }) => {
      const list = requests(['a', 'b', 'c']);
      writeFileSync(path('in.json'), JSON.stringify({ requests: list }));
      expectEnd(await run('run', 'in.json', '--out', 'out', ...QUICK), 0, /all 3 requests/);
      expect(readLines('out/results.jsonl').map((line) => line.custom_id)).toEqual(['a', 'b', 'c']);
      // The same name and the same requests: the same job, so nothing is paid again.
      writeFileSync(path('in.jsonl'), toLines(list));
      writeFileSync(path('in.jsonl.gz'), gzipSync(toLines(list)));
      mkdirSync(path('array'));
      writeFileSync(path('array/in.json'), JSON.stringify(list));
      for (const file of ['in.jsonl', 'in.jsonl.gz', 'array/in.json']) {
        const again = await run('run', file, '--out', `${file}.out`, '--json', ...QUICK);
        expectEnd(again, 0, /"succeeded": 3/);
      }
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('may be a pipe of any kind', async () => {
    await inSandbox({ state }, async ({ dir, env, path }) => {
      writeFileSync(path('in.jsonl'), toLines(requests(['a', 'b'])));
      for (const script of [
        '$BATCHES run <(cat in.jsonl) --dry-run',
        'cat in.jsonl | $BATCHES run /dev/stdin --dry-run',
        'cat in.jsonl | $BATCHES run - --dry-run',
        '$BATCHES run /dev/stdin --dry-run < in.jsonl',
        'mkfifo fifo; cat in.jsonl > fifo & $BATCHES run fifo --dry-run',
        'gzip -c in.jsonl | $BATCHES run - --dry-run',
        '$BATCHES run <(jq -cs . in.jsonl | gzip) --dry-run',
      ]) {
        expectEnd(await shell(dir, env, script), 0, /^2 requests in 1 batch/m);
      }
    });
  });

  test('may be a process substitution from start to end', async () => {
    await inSandbox({ state }, async ({ dir, env, path, readLines }) => {
      writeFileSync(path('in.json'), JSON.stringify(requests(['a', 'b'])));
      const script = `$BATCHES run <(jq -c '.[]' in.json) --out out ${QUICK.join(' ')}`;
      expectEnd(await shell(dir, env, script), 0, /all 2 requests/);
      expect(readLines('out/results.jsonl')).toHaveLength(2);
    });
  });

  test('is named in one sentence where it is something else', async () => {
    await inSandbox({ state }, async ({ run, path }) => {
      const foreign: Readonly<Record<string, readonly [string | Buffer, RegExp]>> = {
        'one.json': [
          JSON.stringify(requests(['a'])[0], null, 2),
          /^error: .* several lines.*jq -c/,
        ],
        'utf16.jsonl': [
          Buffer.from(`\ufeff${toLines(requests(['a']))}`, 'utf16le'),
          /UTF-16.*iconv/,
        ],
        'bedrock.jsonl': ['{"recordId":"1","modelInput":{}}\n', /Bedrock/],
        'book.xlsx': [Buffer.from('504b0304140006', 'hex'), /\.xlsx/],
      };
      for (const [name, [bytes, says]] of Object.entries(foreign)) {
        writeFileSync(path(name), bytes);
        const refused = await run('run', name, '--dry-run');
        expectEnd(refused, 1, says);
        expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
        expectEnd(await run('run', name, '--out', 'out', ...QUICK), 1, says);
      }
    });
  });

  test('that is a table comes with a conversion that works as it is shown', async () => {
    await inSandbox({ state }, async ({ run, path, dir, env }) => {
      writeFileSync(path('FILE'), 'id,prompt\n1,"Hello, you"\n2,🌀\n');
      const { status, stderr } = await run('run', 'FILE', '--dry-run');
      expect(status).toBe(1);
      const conversion = stderr.split('\n').slice(1, 4).join('\n');
      const script = `${conversion}\n$BATCHES run requests.jsonl --dry-run`;
      expectEnd(await shell(dir, env, script), 0, /^2 requests in 1 batch/m);
      expect(readFileSync(join(dir, 'requests.jsonl'), 'utf8')).toContain('Hello, you');
    });
  });

  test('with half an emoji is refused with line, offset and the way out, and so are --params', async () => {
    await inSandbox({ state }, async ({ run, path, simulator }) => {
      const cut = JSON.stringify({ params: { content: '🌀'.slice(0, 1) } });
      const [good = ''] = toLines(requests(['a'])).split('\n');
      writeFileSync(
        path('in.jsonl'),
        `${good}\n${good.replace('"hi"', '"\\ud83c"').replace('"a"', '"b"')}\n`
      );
      const says =
        /\nline 2: JSON that the API refuses: half of a surrogate pair at byte offset \d+; .*toWellFormed\(\)/;
      expectEnd(await run('run', 'in.jsonl', '--dry-run'), 1, says);
      expectEnd(await run('run', 'in.jsonl', '--out', 'out', ...QUICK), 1, says);
      writeFileSync(path('good.jsonl'), `${good}\n`);
      writeFileSync(path('params.json'), cut);
      expectEnd(
        await run('run', 'good.jsonl', '--dry-run', '--params', 'params.json'),
        1,
        /params\.json.*half of a surrogate pair at byte offset 22; .*toWellFormed/
      );
      expect(simulator.ledger.batches).toHaveLength(0);
    });
  });
});
