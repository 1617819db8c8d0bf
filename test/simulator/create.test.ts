import { request as httpRequest } from 'node:http';
import { HEADERS, MODEL, closeAll, errorIn, oneRequest, paramsOf, setup } from './helpers/setup';
import type { Json } from './helpers/setup';

afterEach(closeAll);

const PATH = '/v1/messages/batches';
const params = paramsOf('hello') as unknown as Json;
const item = (custom_id: unknown): Json => ({ custom_id, params });

describe('create', () => {
  test('answers the batch with the fields, in the order, and in the format of the recordings', async () => {
    const { call, simulator } = await setup();
    const response = await call(PATH, { body: { requests: [item('a'), item('b')] } });
    const batch = (await response.json()) as Json;
    expect(Object.keys(batch)).toEqual([
      'id',
      'type',
      'processing_status',
      'request_counts',
      'ended_at',
      'created_at',
      'expires_at',
      'archived_at',
      'cancel_initiated_at',
      'results_url',
    ]);
    expect(Object.keys(batch['request_counts'] as Json)).toEqual([
      'processing',
      'succeeded',
      'errored',
      'canceled',
      'expired',
    ]);
    expect(batch).toMatchObject({
      id: expect.stringMatching(/^msgbatch_01[1-9A-HJ-NP-Za-km-z]{22}$/) as string,
      type: 'message_batch',
      processing_status: 'in_progress',
      request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      created_at: '2026-11-22T10:00:00.000141+00:00',
      expires_at: '2026-11-23T10:00:00.000141+00:00',
      ended_at: null,
      results_url: null,
    });
    expect(simulator.batches().map((each) => each.customIds)).toEqual([['a', 'b']]);
  });

  test('sends chunked JSON with the headers of the API and the date of its own clock', async () => {
    const { call, simulator } = await setup();
    const { headers } = await call(PATH, { body: { requests: [item('a')] } });
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('transfer-encoding')).toBe('chunked');
    expect(headers.get('date')).toBe('Sun, 22 Nov 2026 10:00:00 GMT');
    expect(headers.get('request-id')).toMatch(/^req_01/);
    expect(headers.get('anthropic-workspace-id')).toMatch(/^wrkspc_/);
    expect(headers.get('anthropic-organization-id')).not.toBeNull();
    expect(headers.get('anthropic-ratelimit-requests-limit')).toBe('20000');
    expect(headers.get('anthropic-ratelimit-requests-reset')).toMatch(/^2026-11-22T10:00:\d\dZ$/);
    expect(headers.get('retry-after')).toBeNull();
    expect(simulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test.each([
    {
      name: 'a dot in a custom_id',
      body: { requests: [item('a.b')] },
      message: "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
    },
    {
      name: 'an empty custom_id',
      body: { requests: [item('ok'), item('')] },
      message: "requests.1.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
    },
    {
      name: 'a custom_id of 65 characters',
      body: { requests: [item('x'.repeat(65))] },
      message: 'requests.0.custom_id: String should have at most 64 characters',
    },
    {
      name: 'a missing custom_id',
      body: { requests: [{ params }] },
      message: 'requests.0.custom_id: Field required',
    },
    {
      name: 'a custom_id that is a number',
      body: { requests: [item(7)] },
      message: 'requests.0.custom_id: Input should be a valid string',
    },
    {
      name: 'missing params',
      body: { requests: [{ custom_id: 'a' }] },
      message: 'requests.0.params: Field required',
    },
    {
      name: 'a duplicate custom_id',
      body: { requests: [item('a'), item('dup'), item('dup')] },
      message:
        "requests: custom_id's must be unique within a batch. Duplicate custom_id found: dup",
    },
    {
      name: 'an empty list',
      body: { requests: [] },
      message: 'requests: List should have at least 1 item after validation, not 0',
    },
    { name: 'no list', body: {}, message: 'requests: Field required' },
    {
      name: 'a list of the wrong type',
      body: { requests: 'a' },
      message: 'requests: Input should be a valid list',
    },
  ])('refuses the whole batch for $name', async ({ body, message }) => {
    const { call, simulator } = await setup();
    const response = await call(PATH, { body });
    expect(response.status).toBe(400);
    expect(await errorIn(response)).toEqual({ type: 'invalid_request_error', message });
    expect(simulator.ledger.batches).toHaveLength(0);
  });

  test('reports JSON that breaks off before anything else that is wrong', async () => {
    const { call } = await setup();
    const response = await call(PATH, { body: '{"requests":[{"custom_id":"?"}' });
    expect(await errorIn(response)).toEqual({
      type: 'invalid_request_error',
      message:
        'The request body is not valid JSON: unexpected end of data: line 1 column 31 (char 30)',
    });
  });

  test.each<[name: string, params: string | Buffer, says: string]>([
    ['half an emoji', '{"a":"\\ud83c"}', 'no low surrogate in string'],
    ['half an emoji in a key', '{"\\ud83c":1}', 'no low surrogate in string'],
    ['the second half of an emoji', '{"a":"\\udf00"}', 'invalid high surrogate in string'],
    ['half an emoji and text', '{"a":"\\ud83c\\u0041"}', 'invalid low surrogate in string'],
    ['Latin-1', Buffer.from('{"a":"\xfc"}', 'latin1'), 'str is not valid UTF-8'],
    ['half an emoji as bytes', Buffer.from('7b2261223a22eda0bc227d', 'hex'), 'not valid UTF-8'],
    ['1,025 levels of nesting', `{"a":${'['.repeat(1021)}${']'.repeat(1021)}}`, 'depth limit'],
    ['a number beyond all numbers', '{"a":1e999}', 'number is infinity'],
    ['NaN', '{"a":NaN}', 'unexpected character'],
    ['a byte order mark', '\ufeff{}', 'unexpected character'],
  ])('refuses %s, as a strict parser does', async (_name, text, says) => {
    const { call, simulator } = await setup();
    const pieces = ['{"requests":[{"custom_id":"a","params":', text, '}]}'];
    const body = Buffer.concat(pieces.map((piece) => Buffer.from(piece as string)));
    const response = await call(PATH, { body });
    expect(response.status).toBe(400);
    const { message } = (await errorIn(response)) as { message: string };
    expect(message).toMatch(
      /^The request body is not valid JSON: .*: line 1 column \d+ \(char \d+\)$/
    );
    expect(message).toContain(says);
    expect(simulator.ledger.batches).toHaveLength(0);
  });

  test('takes JSON that a strict parser takes', async () => {
    const { call } = await setup();
    const deep = `${'['.repeat(1020)}${']'.repeat(1020)}`;
    const odd = `{"a":"\\ud83c\\udf00 🌀 \\\\ud83c \\u0000","b":-1e308,"c":1e-999,"d":${deep}}`;
    const body = Buffer.from(`{"requests":[{"custom_id":"a","params":${odd}}]}`);
    expect((await call(PATH, { body })).status).toBe(200);
  });

  test('takes a custom_id of 64 characters of every kind', async () => {
    const { call } = await setup();
    const response = await call(PATH, { body: { requests: [item(`aZ09_-${'x'.repeat(58)}`)] } });
    expect(response.status).toBe(200);
  });

  test('refuses more than 100,000 requests', async () => {
    const { call } = await setup();
    const requests = Array.from({ length: 100_001 }, (_, index) => ({
      custom_id: `${index}`,
      params: {},
    }));
    const response = await call(PATH, { body: { requests } });
    expect(response.status).toBe(400);
    expect((await errorIn(response)).message).toMatch(/at most 100000 items.*not 100001/);
  });

  test('refuses a body that is too large as the proxy does: with HTML and no request id', async () => {
    const { call, simulator } = await setup({ batchBytesMax: 1_000_000 });
    const body = { requests: [{ custom_id: 'a', params: { filler: 'x'.repeat(1_000_000) } }] };
    const response = await call(PATH, { body });
    expect(response.status).toBe(413);
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.get('request-id')).toBeNull();
    expect(await response.text()).toContain('413 Request Entity Too Large');
    expect(simulator.ledger.batches).toHaveLength(0);
  });

  test('does not check the params', async () => {
    const { call } = await setup();
    const response = await call(PATH, { body: oneRequest({ nonsense: true }) });
    expect(response.status).toBe(200);
  });

  test('stores nothing of a client that goes away in the middle of its body', async () => {
    const { simulator } = await setup();
    const call = httpRequest(`${simulator.url}${PATH}`, { method: 'POST', headers: HEADERS });
    call.on('error', () => undefined);
    call.write(`{"requests":[${JSON.stringify(item('a'))},`);
    await until(() => simulator.ledger.counts.create === 1);
    call.destroy();
    await until(() => simulator.ledger.calls[0]?.status === 'aborted');
    expect(simulator.ledger.batches).toHaveLength(0);
  });

  test('serves the beta client, whose betas come in a header', async () => {
    const { client, simulator } = await setup();
    const batch = await client.beta.messages.batches.create({
      betas: ['output-300k-2026-03-24'],
      requests: [{ custom_id: 'a', params: paramsOf('x') }],
    });
    expect(batch.request_counts.processing).toBe(1);
    expect(simulator.ledger.calls[0]?.headers['anthropic-beta']).toBe('output-300k-2026-03-24');
  });

  test('gives the model of a result its dated id', async () => {
    const { client, pass, results } = await setup();
    const batch = await client.messages.batches.create({
      requests: [{ custom_id: 'a', params: { ...paramsOf('x'), model: MODEL } }],
    });
    pass(3_600_000);
    const line = (await results(batch.id)).get('a');
    expect(line).toMatchObject({ message: { model: 'claude-haiku-4-5-20251001' } });
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
