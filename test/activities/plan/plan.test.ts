/**
 * The Activity that reads the input, on real files: what is refused, what is written, what a second execution finds.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { jobTag } from '../../../src/records/job-tag';
import { createPlan } from '../../../activities/plan/plan';
import { chunkFiles, jobFiles } from '../../../src/records/job-files';
import { readChunkRecord, readIdentity, readPlanRecord } from '../../../src/records/plan-records';
import { toRecordText } from '../../../src/records/record-text';
import { OPTIONS_DEFAULT } from '../../../src/contract/options';
import type { Store } from '../../../src/store/store';
import {
  createFixture,
  failureOf,
  JOB_ID,
  quietEnvironment,
  requestLine,
  requestLines,
  SITE,
  type JobFixture,
} from '../data-fixture';

let job: JobFixture;

beforeEach(async () => {
  job = await createFixture();
});

const files = jobFiles(JOB_ID);
const first = (chunk: number) => chunkFiles(JOB_ID, { round: 1, chunk });

interface Body {
  readonly requests: readonly {
    readonly custom_id: string;
    readonly params: Record<string, unknown>;
  }[];
}

async function bodyOf(chunk: number): Promise<Body> {
  return JSON.parse(await job.text(first(chunk).body)) as Body;
}

describe('a first plan', () => {
  test('cuts the input into chunks whose records lead to their bytes', async () => {
    const plan = await job.planText(
      requestLines(5),
      {},
      { chunkLimits: { requestsMax: 2, bytesMax: 1e6 } }
    );
    const storeId = await job.store.id();
    expect(plan).toEqual({
      jobId: JOB_ID,
      site: { ...SITE, storeId },
      options: OPTIONS_DEFAULT,
      requests: expect.objectContaining({ uri: job.store.uriOf('in.jsonl'), lines: 5 }) as unknown,
      total: 5,
      resumed: false,
      rounds: [{ round: 1, chunks: 3, requests: 5, sources: [] }],
      report: null,
    });
    const tag = jobTag(storeId, JOB_ID, plan.requests.sha256);
    const ids: string[] = [];
    for (let chunk = 0; chunk < 3; chunk++) {
      const record = await readChunkRecord(job.store, first(chunk).chunk);
      const { requests } = await bodyOf(chunk);
      expect(record?.requests).toBe(chunk < 2 ? 2 : 1);
      expect(record?.body).toMatchObject({ uri: job.store.uriOf(first(chunk).body) });
      await (await job.store.localCopy(record?.body ?? plan.requests)).release();
      await (await job.store.localCopy(record?.members ?? plan.requests)).release();
      expect(requests).toHaveLength(record?.requests ?? 0);
      for (const { custom_id, params } of requests) {
        ids.push(custom_id);
        expect(params['seed']).toBe(ids.length - 1);
      }
    }
    expect(ids).toEqual([0, 1, 2, 3, 4].map((n) => `mb_${tag}_1_${Math.floor(n / 2)}_${n}`));
    expect(await job.lines(first(1).members)).toEqual([
      [2, 1],
      [3, 1],
    ]);
    expect(await job.lines(files.ids)).toEqual(['id 0', 'id 1', 'id 2', 'id 3', 'id 4']);
    expect(job.siteCalls).toBe(1);
  });

  test('cuts by bytes, and no body exceeds the limit', async () => {
    const lines = Array.from({ length: 40 }, (_, n) =>
      requestLine(null, { text: 'x'.repeat(n * 20) })
    );
    const plan = await job.planText(
      lines.join(''),
      {},
      { chunkLimits: { requestsMax: 100, bytesMax: 3000 } }
    );
    const chunks = plan.rounds[0]?.chunks ?? 0;
    expect(chunks).toBeGreaterThan(5);
    let requests = 0;
    for (let chunk = 0; chunk < chunks; chunk++) {
      expect(await job.store.size(first(chunk).body)).toBeLessThanOrEqual(3000);
      requests += (await bodyOf(chunk)).requests.length;
    }
    expect(requests).toBe(40);
  });

  test('copies params byte by byte', async () => {
    const params =
      '{"model":"m","max_tokens":1.0,"messages":[ ],"n":12345678901234567890,"u":"\\u00e9é"}';
    await job.planText(`{"custom_id":"a","params": ${params} }\n`);
    const body = await job.text(first(0).body);
    expect(body.startsWith('{"requests":[{"custom_id":"mb_')).toBe(true);
    expect(body.endsWith(`_1_0_0","params":${params}}]}`)).toBe(true);
  });

  test('takes a BOM, CRLF, blank lines and a last line without a newline', async () => {
    const line = (id: string | null) => requestLine(id).trimEnd();
    const plan = await job.planText(
      `\ufeff\r\n${line('a')}\r\n\r\n   \n${line(null)}\n\n${line('c')}`
    );
    expect(plan).toMatchObject({ total: 3, requests: { lines: 7 } });
    expect(await job.lines(files.ids)).toEqual(['a', 'item-1', 'c']);
  });

  test('keeps ids as they were written, whatever is in them', async () => {
    const literals = [
      '"\\u0061"',
      '"a\\u0000b"',
      '"__proto__"',
      '"\\ud83c\\udf00"',
      '"ü\\n"',
      '" "',
      `"${'x'.repeat(70_000)}"`,
    ];
    const lines = literals.map(
      (id) => `{"custom_id":${id},"params":{"model":"m","max_tokens":1,"messages":[]}}`
    );
    await job.planText(lines.join('\n'));
    expect(await job.text(files.ids)).toBe(`${literals.join('\n')}\n`);
  });

  test('overlays params given in the input, and keeps them for later rounds', async () => {
    const params = { model: 'default', max_tokens: 5, system: 's' };
    await job.planText('{"params":{"messages":[],"model":"own"}}\n{"params":{"messages":[]}}\n', {
      params,
    });
    const { requests } = await bodyOf(0);
    expect(requests.map((request) => request.params)).toEqual([
      { max_tokens: 5, system: 's', messages: [], model: 'own' },
      { model: 'default', max_tokens: 5, system: 's', messages: [] },
    ]);
    expect(await job.text(files.params)).toBe(JSON.stringify(params));
  });

  test('overlays params from an object in the store', async () => {
    const { uri } = await job.store.write(
      'shared.json',
      '{\n "model": "default",\n "max_tokens": 7\n}\n'
    );
    await job.planText('{"params":{"messages":[]}}\n', { params: { uri } });
    expect((await bodyOf(0)).requests[0]?.params).toEqual({
      model: 'default',
      max_tokens: 7,
      messages: [],
    });
    expect(await job.store.size(files.params)).toBeUndefined();
  });

  test('writes down what the id stands for', async () => {
    const text = requestLines(1);
    await job.planText(text, { betas: ['b', 'a'], apiVersion: '2023-06-01', account: 'other' });
    expect(await readIdentity(job.store, files.job)).toEqual({
      input_sha256: createHash('sha256').update(text).digest('hex'),
      params_sha256: null,
      betas: ['a', 'b'],
      api_version: '2023-06-01',
      account: 'other',
    });
  });

  test('is the same bytes when it is made again after a crash', async () => {
    const limits = { chunkLimits: { requestsMax: 3, bytesMax: 1e6 } };
    const plan = await job.planText(requestLines(10), {}, limits);
    const before = await job.snapshot();
    await job.store.remove(files.plan);
    await job.store.write(first(1).body, 'half of someth');
    expect(await job.planText(requestLines(10), {}, limits)).toEqual(plan);
    expect(await job.snapshot()).toEqual(before);
  });

  test('asks the API nothing when the job ends without a submission', async () => {
    const plan = await job.planText(requestLines(1), {}, { canceling: true });
    expect(plan.site).toMatchObject({ apiOrigin: '', workspaceId: null, organizationId: null });
    expect(job.siteCalls).toBe(0);
  });

  test('writes nothing when the API refuses the key', async () => {
    const before = await job.snapshot();
    const discoverBinding = () => Promise.reject(new Error('no key'));
    await expect(job.planText(requestLines(1), {}, { discoverBinding })).rejects.toThrow('no key');
    expect(Object.keys(await job.snapshot())).toEqual([...Object.keys(before), 'in.jsonl'].sort());
  });
});

describe('bad input', () => {
  const good = requestLine('a');
  test.each([
    { name: 'an empty file', text: '', reasons: ['The input contains no request: it is empty.'] },
    { name: 'a BOM alone', text: '\ufeff', reasons: ['The input contains no request'] },
    { name: 'blank lines alone', text: '\n \r\n\t\n', reasons: ['all of its lines are blank'] },
    {
      name: 'a torn last line',
      text: `${good}{"custom_id":"b","par`,
      reasons: ['line 2: no JSON: an end in the middle of a string at byte offset 21'],
    },
    {
      name: 'a bad line behind blank ones',
      text: `\n\n${good}\n{}\n`,
      reasons: ['line 5: `params` is missing'],
    },
    {
      name: 'bytes that are not UTF-8',
      text: Buffer.concat([Buffer.from(good), Buffer.from('{"x":"\xff"}', 'latin1')]),
      reasons: ['line 2: bytes that are not UTF-8 at byte offset 6'],
    },
    {
      name: 'NUL bytes',
      text: `${good}\0\0\n`,
      reasons: ['line 2: no JSON: an unexpected character at byte offset 0'],
    },
    {
      name: 'the same id twice',
      text: `${good}${requestLine('b')}${good}`,
      reasons: ['line 3: its `custom_id` is already used in line 1'],
    },
    {
      name: 'the same id escaped',
      text: `${good}${good.replace('"a"', '"\\u0061"')}`,
      reasons: ['line 2: its `custom_id` is already used in line 1'],
    },
    {
      name: 'the same id three times',
      text: good.repeat(3),
      reasons: [
        'line 2: its `custom_id` is already used in line 1',
        'line 3: its `custom_id` is already used in line 1',
      ],
    },
    {
      name: 'an id that a later line would get',
      text: `${requestLine('item-1')}${requestLine(null)}`,
      reasons: ['line 2: no `custom_id`, and the one it would get is already used in line 1'],
    },
    {
      name: 'an id that an earlier line got',
      text: `${requestLine(null)}\n${requestLine('item-0')}`,
      reasons: ['line 3: its `custom_id` is already used in line 1'],
    },
    {
      name: 'a request too large for any batch',
      text: `${good}${requestLine('b', { x: 'x'.repeat(2000) })}`,
      reasons: ['line 2: too large: a batch takes 1000 bytes at most'],
    },
    {
      name: 'a JSON array with the same request twice',
      text: `[\n${good.trimEnd()},\n${good}]\n`,
      reasons: ['line 2: its `custom_id` is already used in line 1'],
    },
  ])('$name', async ({ text, reasons }) => {
    const found = await failureOf(
      job.planText(text, {}, { chunkLimits: { requestsMax: 10, bytesMax: 1000 } })
    );
    expect(found?.type).toBe('MessageBatch.BadRequests');
    for (const reason of reasons) expect(found?.message).toContain(reason);
    expect(found?.details).toEqual([
      { badLines: reasons[0]?.startsWith('line') ? reasons.length : 0 },
    ]);
    expect(Object.keys(await job.snapshot())).toEqual(['in.jsonl', 'store.json']);
    expect(await readdir(join(job.root, '.tmp'))).toEqual([]);
  });

  test('lists the first twenty bad lines and counts the rest', async () => {
    const found = await failureOf(job.planText('{}\n'.repeat(30)));
    const lines = found?.message.split('\n') ?? [];
    expect(lines[0]).toBe(
      '30 lines are bad among the 30 requests of the input, so nothing was submitted:'
    );
    expect(lines).toHaveLength(22);
    expect(lines[20]).toBe('line 20: `params` is missing');
    expect(lines[21]).toBe('and 10 more');
    expect(found?.details).toEqual([{ badLines: 30 }]);
  });

  test('leaves the id free for the corrected input', async () => {
    expect(await failureOf(job.planText('{}\n'))).toMatchObject({
      type: 'MessageBatch.BadRequests',
    });
    expect(await job.planText(requestLines(1))).toMatchObject({ total: 1 });
  });

  test('an input that is not there is a bad reference', async () => {
    const found = await failureOf(job.plan({ requests: { uri: job.store.uriOf('none.jsonl') } }));
    expect(found).toMatchObject({ type: 'MessageBatch.BadReference' });
    expect(found?.message).toContain('none.jsonl');
  });

  test('an input outside the store is a bad reference, also through a link', async () => {
    await writeFile(join(job.root, '..', 'outside.jsonl'), requestLines(1));
    await mkdir(join(job.root, 'in'));
    await symlink(tmpdir(), join(job.root, 'in', 'link'));
    for (const uri of [
      'file:///etc/passwd',
      `${job.store.uri}/../outside.jsonl`,
      `${job.store.uri}/in/link/outside.jsonl`,
    ]) {
      expect(await failureOf(job.plan({ requests: { uri } }))).toMatchObject({
        type: 'MessageBatch.BadReference',
      });
    }
    expect(job.siteCalls).toBe(0);
  });
});

describe('bad options', () => {
  test.each<[name: string, input: unknown, message: string]>([
    ['no object', 'x', 'one JSON object'],
    ['no requests', {}, 'Expected `requests` to be {"uri"'],
    ['a misspelt name', { request: { uri: 'file:///x' } }, 'did you mean `requests`?'],
    [
      'a snake_case option',
      { requests: { uri: 'file:///x' }, check_min: 1 },
      'did you mean `checkMin`?',
    ],
    ['more than a URI', { requests: { uri: 'file:///x', sha256: '' } }, 'and nothing else'],
    [
      'a wrong output',
      { requests: { uri: 'file:///x' }, output: 'file:///y' },
      'Expected `output`',
    ],
    ['a wrong option', { requests: { uri: 'file:///x' }, checkMin: '1ms' }, '`checkMin`'],
    ['params that are a list', { requests: { uri: 'file:///x' }, params: [] }, '`params`'],
  ])('%s', async (_name, input, message) => {
    const found = await failureOf(job.plan(input as object));
    expect(found?.type).toBe('MessageBatch.BadOptions');
    expect(found?.message).toContain(message);
    expect(job.siteCalls).toBe(0);
  });

  test('all problems at once', async () => {
    const found = await failureOf(job.plan({ output: 1, maxAttempts: 0, foo_bar_baz: 1 }));
    for (const name of ['requests', 'output', 'maxAttempts', 'foo_bar_baz'])
      expect(found?.message).toContain(name);
  });

  test.each(['', '.hidden', 'a/b', 'a b', '../x', 'ä', 'x'.repeat(201)])(
    'the job id %j',
    async (jobId) => {
      const { uri } = await job.store.write('in.jsonl', requestLines(1));
      const found = await failureOf(job.plan({ requests: { uri } }, { jobId }));
      expect(found?.type).toBe('MessageBatch.BadOptions');
    }
  );

  test.each(['[1]', '{"a":', '', 'null'])('params in the store that are %j', async (text) => {
    const { uri } = await job.store.write('p.json', text);
    const found = await failureOf(job.planText(requestLines(1), { params: { uri } }));
    expect(found).toMatchObject({ type: 'MessageBatch.BadOptions' });
    expect(found?.message).toContain('Expected `params` to be one JSON object');
  });

  test('params that the API refuses to parse, in the store and in the input', async () => {
    const text = JSON.stringify({ model: 'm', system: '🌀'.slice(0, 1) });
    const { uri } = await job.store.write('p.json', text);
    for (const params of [{ uri }, JSON.parse(text) as object]) {
      const found = await failureOf(job.planText(requestLines(1), { params }));
      expect(found).toMatchObject({ type: 'MessageBatch.BadOptions' });
      expect(found?.message).toMatch(
        /`params`.*half of a surrogate pair at byte offset 23; .*toWellFormed\(\)/
      );
    }
  });

  test.each(['jobs', 'jobs/other', 'jobs/job-1/chunks'])('an output in %s', async (key) => {
    const output = { uri: job.store.uriOf(key) };
    expect(await failureOf(job.planText(requestLines(1), { output }))).toMatchObject({
      type: 'MessageBatch.BadOptions',
    });
  });

  test.each(['{"job_id":"other"}', '{"job_id":"job-1"}', '[]', '{"title":"my report"}'])(
    'an output folder with the foreign report %s',
    async (text) => {
      await job.store.write('out/report.json', text);
      const output = { uri: job.store.uriOf('out') };
      expect(await failureOf(job.planText(requestLines(1), { output }))).toMatchObject({
        type: 'MessageBatch.BadOptions',
      });
      expect(await job.store.list('jobs')).toEqual([]);
    }
  );
});

describe('a second plan', () => {
  test('returns the first one, with the options given now, and writes nothing', async () => {
    const before = await job.planText(requestLines(4));
    const written = await job.snapshot();
    const again = await job.planText(requestLines(4), { checkMin: '5s' });
    expect(again).toEqual({
      ...before,
      resumed: true,
      options: { ...OPTIONS_DEFAULT, checkMinMs: 5000 },
    });
    expect(await job.snapshot()).toEqual(written);
    expect(job.siteCalls).toBe(1);
  });

  test.each<[name: string, text: string, options: object, named: string]>([
    ['input', requestLines(3), {}, 'the input'],
    ['params', requestLines(2), { params: { system: 'x' } }, '`params`'],
    ['betas', requestLines(2), { betas: ['x'] }, '`betas`'],
    ['API version', requestLines(2), { apiVersion: '2023-06-01' }, '`apiVersion`'],
    ['account', requestLines(2), { account: 'x' }, '`account`'],
  ])('with another %s is refused and changes nothing', async (_name, text, options, named) => {
    await job.planText(requestLines(2));
    const before = await job.snapshot('jobs');
    const found = await failureOf(job.planText(text, options));
    expect(found?.type).toBe('MessageBatch.JobMismatch');
    expect(found?.message).toContain(`${named} differs`);
    expect(await job.snapshot('jobs')).toEqual(before);
  });

  test('whose job.json alone stands is refused just so', async () => {
    await job.planText(requestLines(2));
    await job.store.remove(files.plan);
    expect(await failureOf(job.planText(requestLines(3)))).toMatchObject({
      type: 'MessageBatch.JobMismatch',
    });
    expect(await failureOf(job.planText('{}\n'))).toMatchObject({
      type: 'MessageBatch.JobMismatch',
    });
    expect(await job.store.size(files.job)).toBeGreaterThan(0);
  });

  test('takes betas in another order for the same', async () => {
    await job.planText(requestLines(1), { betas: ['a', 'b'] });
    expect(await job.planText(requestLines(1), { betas: ['b', 'a'] })).toMatchObject({
      resumed: true,
    });
  });

  test('knows the rounds that were written down, up to the first gap', async () => {
    await job.planText(requestLines(2));
    const second = { round: 2, chunks: 1, requests: 1, sources: [{ round: 1, chunk: 0 }] };
    await job.store.write(files.round(2), JSON.stringify(second));
    await job.store.write(files.round(4), JSON.stringify({ ...second, round: 4 }));
    const plan = await job.planText(requestLines(2));
    expect(plan.rounds).toEqual([{ round: 1, chunks: 1, requests: 2, sources: [] }, second]);
  });

  test('returns the report, also when input and params are gone and the output is wanted elsewhere', async () => {
    const { uri } = await job.store.write(files.requests, requestLines(2));
    const params = await job.store.write(files.params, '{"system":"x"}');
    const input = { requests: { uri }, params: { uri: params.uri } };
    await job.plan(input);
    await job.store.write(`${files.folder}/report.json`, '{"job_id":"job-1","status":"completed"}');
    await job.store.remove(files.requests);
    await job.store.remove(files.params);
    const plan = await job.plan({ ...input, output: { uri: job.store.uriOf('elsewhere') } });
    expect(plan.report).toEqual({ job_id: 'job-1', status: 'completed' });
    expect((await readPlanRecord(job.store, files.plan))?.output_key).toBe(files.folder);
  });

  test('may have another output while there is no report', async () => {
    await job.planText(requestLines(2));
    await job.planText(requestLines(2), { output: { uri: job.store.uriOf('out') } });
    expect((await readPlanRecord(job.store, files.plan))?.output_key).toBe('out');
  });

  test('asks for the site that a canceled one did not', async () => {
    await job.planText(requestLines(2), {}, { canceling: true });
    expect((await job.planText(requestLines(2))).site.apiOrigin).toBe(SITE.apiOrigin);
    expect((await readPlanRecord(job.store, files.plan))?.site.apiOrigin).toBe(SITE.apiOrigin);
  });

  test('takes an input that was moved', async () => {
    await job.planText(requestLines(2));
    const { uri } = await job.store.write('moved.jsonl', requestLines(2));
    await job.store.remove('in.jsonl');
    expect((await job.plan({ requests: { uri } })).requests.uri).toBe(uri);
  });
});

describe('a plan that is interrupted', () => {
  /** A store whose reads of the input break off: `reads` times whole, then in the middle. */
  function breaking(store: Store, reads: number): Store {
    let left = reads;
    async function* broken(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const piece of source) {
        yield piece.subarray(0, piece.length / 2);
        throw new Error('the disk broke');
      }
    }
    return {
      ...store,
      read: (key) => {
        const source = store.read(key);
        return key === 'in.jsonl' && left-- <= 0
          ? (broken(source as AsyncIterable<Buffer>) as unknown as ReturnType<Store['read']>)
          : source;
      },
      readVerified: (reference) => {
        const source = store.readVerified(reference);
        return left-- <= 0 ? broken(source) : source;
      },
    };
  }

  test.each([
    { name: 'while it checks', reads: 0, left: [] },
    // What the id stands for is written by then; no chunk is.
    { name: 'while it writes', reads: 1, left: ['jobs/job-1/job.json'] },
  ])('$name leaves no object half-written', async ({ reads, left }) => {
    const store = breaking(job.store, reads);
    await expect(job.planText(requestLines(2000), {}, { store })).rejects.toThrow('the disk broke');
    expect(await job.store.list('jobs')).toEqual(left);
    expect(await readdir(join(job.root, '.tmp'))).toEqual([]);
    expect(await job.planText(requestLines(2000))).toMatchObject({ total: 2000 });
  });

  test('an input that changes between check and writing is noticed', async () => {
    const { uri } = await job.store.write('in.jsonl', requestLines(3));
    const store: Store = {
      ...job.store,
      writeNew: async (key, source) => {
        await job.store.write('in.jsonl', requestLines(3).replace('id 1', 'id x'));
        return job.store.writeNew(key, source);
      },
    };
    expect(await failureOf(job.plan({ requests: { uri } }, { store }))).toMatchObject({
      type: 'MessageBatch.StoreDamaged',
    });
    expect(await job.store.list('jobs')).toEqual([files.job]);
  });

  test('a canceled Activity stops', async () => {
    const { uri } = await job.store.write('in.jsonl', requestLines(10));
    const environment = quietEnvironment();
    environment.cancel();
    const discoverBinding = async () => ({ ...SITE, storeId: await job.store.id() });
    const run = environment.run(createPlan({ store: job.store, discoverBinding }), {
      jobId: JOB_ID,
      input: { requests: { uri } },
      canceling: false,
    });
    await expect(run).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(await job.store.list('jobs')).toEqual([]);
  });
});

describe('an input by its URI in another form', () => {
  const list = requestLines(5).trimEnd().split('\n');
  const array = `[\n${list.join(',\n')}\n]`;

  test.each<[name: string, input: string | Buffer]>([
    ['an array', array],
    ["the API's own body", `{"requests": ${array}}`],
    ['gzip', gzipSync(requestLines(5))],
  ])('%s is the same job as its JSON Lines', async (_name, input) => {
    const plan = await job.planText(input);
    expect(plan).toMatchObject({ total: 5, requests: { uri: job.store.uriOf(files.requests) } });
    expect(await job.text(files.requests)).toBe(requestLines(5));
    const bodies = await job.text(first(0).body);
    // Again, in every form and from every place.
    expect(await job.planText(input)).toMatchObject({ total: 5, resumed: true });
    expect(await job.planText(requestLines(5))).toMatchObject({ total: 5, resumed: true });
    expect(await job.plan({ requests: { uri: plan.requests.uri } })).toMatchObject({
      resumed: true,
    });
    // What the plan needs is made again.
    await job.store.remove(files.requests);
    expect((await job.planText(input)).requests).toEqual(plan.requests);
    expect(await job.text(files.requests)).toBe(requestLines(5));
    expect(await job.text(first(0).body)).toBe(bodies);
    expect(await failureOf(job.planText(gzipSync(requestLines(4))))).toMatchObject({
      type: 'MessageBatch.JobMismatch',
    });
  });

  test('leaves the input of another job under the id alone', async () => {
    await job.store.write(files.requests, 'theirs');
    await job.store.write(files.job, toRecordText({ input_sha256: 'theirs', params_sha256: null }));
    const found = await failureOf(job.planText(array));
    expect(found).toMatchObject({ type: 'MessageBatch.JobMismatch' });
    expect(await job.text(files.requests)).toBe('theirs');
  });

  test('bad lines are those of the JSON Lines, and nothing is written', async () => {
    const { uri } = await job.store.write('in.json', `[${list[0] ?? ''},\n\n{"params": 1}]`);
    const before = await job.snapshot();
    const found = await failureOf(job.plan({ requests: { uri } }));
    expect(found).toMatchObject({ type: 'MessageBatch.BadRequests' });
    expect(found?.message).toContain('line 2: `params` must be a JSON object');
    expect(await job.snapshot()).toEqual(before);
  });

  test.each<[name: string, input: string | Buffer, says: RegExp]>([
    ['a table', 'id,prompt\n1,secret\n', /a table \(CSV\).*\npython3/],
    ['UTF-16', Buffer.from(requestLines(1), 'utf16le'), /UTF-16.*iconv/],
    ['damaged gzip', gzipSync(requestLines(5)).subarray(0, -9), /damaged/],
    ['a broken array', array.slice(0, -1), /breaks off/],
  ])('%s is named in one sentence', async (_name, input, says) => {
    const found = await failureOf(job.planText(input));
    expect(found).toMatchObject({ type: 'MessageBatch.BadRequests' });
    expect(found?.message).toMatch(says);
    expect(found?.message).not.toContain('secret');
  });
});

describe('a plan of 100 MB', () => {
  test('takes little memory and little time', async () => {
    const text = 'x'.repeat(900);
    async function* source(): AsyncGenerator<Buffer> {
      for (let n = 0; n < 100_000; n += 100) {
        const lines = Array.from({ length: 100 }, (_, index) =>
          requestLine(`id-${n + index}`, { system: text })
        );
        yield await Promise.resolve(Buffer.from(lines.join('')));
      }
    }
    const { uri, bytes } = await job.store.write('large.jsonl', source());
    expect(bytes).toBeGreaterThan(95e6);
    const beforeBytes = process.memoryUsage().rss;
    let mostBytes = beforeBytes;
    const watch = setInterval(() => {
      mostBytes = Math.max(mostBytes, process.memoryUsage().rss);
    }, 20);
    const startedMs = performance.now();
    const plan = await job.plan({ requests: { uri } });
    const tookMs = performance.now() - startedMs;
    clearInterval(watch);
    expect(plan).toMatchObject({ total: 100_000, rounds: [{ chunks: 1 }] });
    expect(tookMs).toBeLessThan(60_000);
    expect(mostBytes - beforeBytes).toBeLessThan(150e6);
  });
});
