/**
 * `run` from end to end: a real process, a real dev server, the simulator as the API.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { errored } from '../../src/simulator';
import { expectEnd, holdState, inSandbox, QUICK, type HeldState } from './helpers/sandbox';

jest.setTimeout(120_000);

const ODD_IDS = ['a/b', 'with spaces', 'ü', '日本', '"quoted"'];

describe('run', () => {
  let state: HeldState;
  beforeAll(async () => {
    state = await holdState();
  });
  afterAll(() => state.release());

  test('runs to the end, whatever the ids, and leaves nothing running', async () => {
    await inSandbox({}, async (sandbox) => {
      const { run, startWith, dir, path, writeRequests, readLines, readJson, simulator } = sandbox;
      writeRequests('requests.jsonl', ODD_IDS);
      expectEnd(await run('run', 'requests.jsonl', '--out', 'out', ...QUICK), 0, /all 5 requests/);
      expect(readLines('out/results.jsonl').map((line) => line.custom_id)).toEqual(ODD_IDS);
      expect(readLines('out/failures.jsonl')).toEqual([]);
      expect(readJson('out/report.json')).toMatchObject({ status: 'completed', succeeded: 5 });

      expect(statSync(path('.message-batches')).mode & 0o777).toBe(0o700);
      expect(readFileSync(path('.message-batches/.gitignore'), 'utf8')).toBe('*\n');

      // Again, from another folder and without FILE: nothing is started, the files are there.
      mkdirSync(path('elsewhere'));
      const options = { cwd: path('elsewhere') };
      const again = await startWith(options, 'run', '--out', `${dir}/out`, '--json').ended;
      expectEnd(again, 0, /./);
      expect(JSON.parse(again.stdout)).toMatchObject({ succeeded: 5 });
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('exits with 2 when requests failed, and prints the report alone with --json', async () => {
    const result = ({ params }: { params: object }) =>
      JSON.stringify(params).includes('bad') ? errored('invalid_request_error') : undefined;
    await inSandbox({ result, state }, async ({ startWith, readLines }) => {
      const stdin = ['good', 'bad']
        .map((id) => JSON.stringify({ custom_id: id, params: question(id) }))
        .join('\n');
      const { ended } = startWith({ stdin }, 'run', '-', '--out', 'out', '--json', ...QUICK);
      const { status, stdout, stderr } = await ended;
      expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ succeeded: 1, errored: 1 });
      expect(readLines('out/failures.jsonl')).toMatchObject([
        { custom_id: 'bad', attempts: 1, result: { type: 'errored' } },
      ]);
    });
  });

  test('lists bad lines by number, and accepts the corrected input in the same folder', async () => {
    await inSandbox({ state }, async ({ run, path, writeRequests, simulator }) => {
      const good = JSON.stringify({ params: question('corrected') });
      writeFileSync(path('in.jsonl'), `${good}\n\n{"custom_id": 1}\nno\n`);
      const refused = await run('run', 'in.jsonl', '--out', 'out', '--job', 'mine', ...QUICK);
      expectEnd(refused, 1, /^error: 2 lines are bad.*\nline 3: .*custom_id.*\nline 4: no JSON/m);
      expect(simulator.ledger.batches).toHaveLength(0);

      writeRequests('in.jsonl', ['corrected']);
      const corrected = await run('run', 'in.jsonl', '--out', 'out', '--job', 'mine', ...QUICK);
      expectEnd(corrected, 0, /1 succeeded/);
    });
  });

  test('refuses a folder of another job, and an edited FILE', async () => {
    await inSandbox({ state }, async ({ run, path, writeRequests, simulator }) => {
      writeRequests('in.jsonl', ['taken']);
      mkdirSync(path('taken'));
      writeFileSync(path('taken/report.json'), '{"job_id": "other"}');
      expectEnd(await run('run', 'in.jsonl', '--out', 'taken', ...QUICK), 1, /the job other/);
      expect(simulator.ledger.batches).toHaveLength(0);

      expectEnd(await run('run', 'in.jsonl', '--out', 'out', ...QUICK), 0, /1 succeeded/);
      writeRequests('in.jsonl', ['taken', 'edited']);
      expectEnd(await run('run', 'in.jsonl', '--out', 'out', ...QUICK), 1, /the input differs/);
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('exits with 1 and the reason when the job pauses; run again, it goes on', async () => {
    const keys = { 'sk-good': { workspaceId: 'wrkspc_1' } };
    await inSandbox({ keys, state }, async ({ run, env, writeRequests, simulator }) => {
      writeRequests('in.jsonl', ['paused']);
      env['ANTHROPIC_API_KEY'] = 'sk-wrong';
      const paused = await run('run', 'in.jsonl', '--out', 'out', ...QUICK);
      expectEnd(paused, 1, /^error: The job \S+ is paused: /m);
      expect(paused.stderr).not.toContain('sk-wrong');

      env['ANTHROPIC_API_KEY'] = 'sk-good';
      expectEnd(await run('run', '--out', 'out'), 0, /1 succeeded/);
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('starts nothing without a key', async () => {
    await inSandbox({}, async ({ run, env, path, writeRequests }) => {
      writeRequests('in.jsonl', ['keyless']);
      delete env['ANTHROPIC_API_KEY'];
      expectEnd(await run('run', 'in.jsonl', '--out', 'out'), 1, /set ANTHROPIC_API_KEY/);
      expectEnd(await run('worker'), 1, /set ANTHROPIC_API_KEY/);
      expect(existsSync(path('.message-batches'))).toBe(false);
      expect(existsSync(path('out'))).toBe(false);
    });
  });
});

function question(text: string): object {
  return { model: 'claude-haiku-4-5', max_tokens: 16, messages: [{ role: 'user', content: text }] };
}
