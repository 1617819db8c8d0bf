import { errored, expired, keyOf, succeeded } from '../../src/simulator';
import type { SimulatorOptions } from '../../src/simulator';
import { HOUR_MS, closeAll, errorIn, paramsOf, setup } from './helpers/setup';
import type { Json } from './helpers/setup';

afterEach(closeAll);

const LONG = 'all about whales '.repeat(100);

function cachedParams(question: string, ttl?: '5m' | '1h'): Json {
  const cache_control = { type: 'ephemeral', ...(ttl === undefined ? {} : { ttl }) };
  return paramsOf(question, {
    system: [{ type: 'text', text: LONG, cache_control }],
  }) as unknown as Json;
}

async function usages(requests: Json[], options: SimulatorOptions = {}): Promise<Json[]> {
  const { call, pass, results } = await setup(options);
  const body = { requests: requests.map((params, index) => ({ custom_id: `r-${index}`, params })) };
  const { id } = (await (await call('/v1/messages/batches', { body })).json()) as { id: string };
  pass(HOUR_MS);
  const lines = await results(id);
  return requests.map(
    (_, index) => (lines.get(`r-${index}`)?.['message'] as Json)['usage'] as Json
  );
}

describe('a message', () => {
  test('is the same for the same params and attempt, in any batch of any simulator', async () => {
    const seen: unknown[] = [];
    for (const requests of [1, 3]) {
      const { create, pass, results } = await setup({ seed: `seed ${requests}` });
      const { id } = await create(requests);
      pass(HOUR_MS);
      seen.push((await results(id)).get('r-0'));
    }
    expect(seen[0]).toEqual(seen[1]);
  });

  test('differs by params and by attempt', async () => {
    const { create, pass, results } = await setup();
    const [first, second] = [await create(2), await create(1)];
    pass(HOUR_MS);
    const [a, b] = [await results(first.id), await results(second.id)];
    const idOf = (line: Json | undefined): unknown => (line?.['message'] as Json)['id'];
    expect(new Set([idOf(a.get('r-0')), idOf(a.get('r-1')), idOf(b.get('r-0'))]).size).toBe(3);
    expect(b.get('r-0')).toMatchObject({
      message: { content: [{ text: expect.stringContaining('attempt 2') as string }] },
    });
  });

  test('counts only accepted batches as attempts, and twins in one batch as the same', async () => {
    const { call, create, simulator } = await setup();
    const params = paramsOf('question 0');
    const twins = [
      { custom_id: 'a', params },
      { custom_id: 'b', params },
    ];
    const path = '/v1/messages/batches';
    await call(path, { body: { requests: [...twins, { custom_id: '?', params }] } });
    await call(path, { body: { requests: twins } });
    await create(1);
    const attempts = simulator.ledger.batches.map((batch) =>
      batch.requests.map((request) => request.attempt)
    );
    expect(attempts).toEqual([[1, 1], [2]]);
  });

  test('has a key that white space does not change', () => {
    const text = ' { "a" : [ 1, 2 ] } ';
    expect(keyOf(JSON.parse(text))).toBe(keyOf({ a: [1, 2] }));
    expect(keyOf({ a: 1, b: 2 })).not.toBe(keyOf({ b: 2, a: 1 }));
  });
});

describe('a script of results', () => {
  test('is told everything about a request', async () => {
    const { client, simulator } = await setup();
    const seen: unknown[] = [];
    simulator.setResult((request) => {
      seen.push(request);
      return undefined;
    });
    const params = paramsOf('hi');
    const { id } = await client.messages.batches.create({ requests: [{ custom_id: 'a', params }] });
    const key = keyOf(params);
    const { model } = params;
    expect(seen).toEqual([
      { customId: 'a', params, key, attempt: 1, index: 0, batchId: id, model },
    ]);
  });

  test('lets a request fail at first and succeed when it comes again', async () => {
    const { create, pass, results } = await setup({
      result: ({ attempt }) => (attempt === 1 ? errored('overloaded_error') : succeeded()),
    });
    const types: unknown[] = [];
    for (let round = 1; round <= 2; round += 1) {
      const { id } = await create(1);
      pass(HOUR_MS);
      const line = (await results(id)).get('r-0');
      types.push(line?.['type']);
    }
    expect(types).toEqual(['errored', 'succeeded']);
  });

  test('gives an error that happened while running a request id', async () => {
    const { create, pass, results } = await setup({ result: () => errored('overloaded_error') });
    const { id } = await create(1);
    pass(HOUR_MS);
    expect((await results(id)).get('r-0')).toEqual({
      type: 'errored',
      error: {
        type: 'error',
        error: { details: null, type: 'overloaded_error', message: 'Overloaded' },
        request_id: expect.stringMatching(/^workerreq_/) as string,
      },
    });
  });

  test('that throws is told to the client', async () => {
    const { call } = await setup({
      result: () => {
        throw new Error('no such case');
      },
    });
    const response = await call('/v1/messages/batches', {
      body: { requests: [{ custom_id: 'a', params: paramsOf('x') }] },
    });
    expect(response.status).toBe(500);
    expect((await errorIn(response)).message).toContain('no such case');
  });
});

describe('usage', () => {
  test('is a function of the request', async () => {
    const [short, long] = await usages([
      paramsOf('hi') as unknown as Json,
      paramsOf(LONG) as unknown as Json,
    ]);
    expect(short).toMatchObject({ input_tokens: 9, cache_read_input_tokens: 0 });
    expect(long?.['input_tokens']).toBeGreaterThan(400);
    expect(short?.['output_tokens']).toBeGreaterThan(5);
  });

  test('writes a cached prefix once and reads it from then on', async () => {
    const [first, second] = await usages([cachedParams('a', '1h'), cachedParams('b', '1h')]);
    const prefix = Math.ceil((LONG.length + 'text'.length + 'ephemeral'.length + 2) / 4);
    expect(first).toMatchObject({
      input_tokens: 9,
      cache_creation_input_tokens: prefix,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: prefix },
    });
    expect(second).toMatchObject({
      input_tokens: 9,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: prefix,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    });
  });

  test('splits what is written by its time to live, 5 minutes by default', async () => {
    const [first] = await usages([cachedParams('a')]);
    const { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long } = first?.[
      'cache_creation'
    ] as Record<string, number>;
    expect(short).toBeGreaterThan(0);
    expect(long).toBe(0);
  });

  test('reads as often as the hit rate says', async () => {
    const many = Array.from({ length: 200 }, (_, index) => cachedParams(`question ${index}`));
    const reads = (await usages(many, { cacheHitRate: 0.6 })).filter(
      (usage) => usage['cache_read_input_tokens'] !== 0
    );
    expect(reads.length).toBeGreaterThan(100);
    expect(reads.length).toBeLessThan(140);
    const none = await usages(many.slice(0, 5), { cacheHitRate: 0 });
    expect(none.every((usage) => usage['cache_read_input_tokens'] === 0)).toBe(true);
  });

  test('finds a prefix that an earlier batch wrote, within its hour', async () => {
    const { call, pass, results } = await setup({ batchTimeMs: 1_000 });
    const readTokens = async (): Promise<unknown> => {
      const body = { requests: [{ custom_id: 'a', params: cachedParams('x', '1h') }] };
      const { id } = (await (await call('/v1/messages/batches', { body })).json()) as {
        id: string;
      };
      pass(1_000);
      const message = (await results(id)).get('a')?.['message'] as { usage: Json };
      return message.usage['cache_read_input_tokens'];
    };
    expect(await readTokens()).toBe(0);
    pass(HOUR_MS - 1_000);
    expect(await readTokens()).toBeGreaterThan(0);
    pass(HOUR_MS + 1);
    expect(await readTokens()).toBe(0);
  });
});

describe('the Messages API', () => {
  test('answers one message at the standard tier', async () => {
    const { client } = await setup();
    const message = await client.messages.create(paramsOf('hi'));
    expect(message).toMatchObject({
      type: 'message',
      model: 'claude-haiku-4-5-20251001',
      usage: { service_tier: 'standard' },
    });
  });

  test('checks a request as a batch would, and with a status', async () => {
    const { call } = await setup();
    const incomplete = { model: 'claude-opus-5', max_tokens: 1 };
    const refused = await call('/v1/messages', { body: incomplete });
    expect(refused.status).toBe(400);
    expect(await errorIn(refused)).toEqual({
      type: 'invalid_request_error',
      message: 'messages: Field required',
    });
    const unknown = await call('/v1/messages', { body: { ...paramsOf('hi'), model: 'claude-no' } });
    expect(unknown.status).toBe(404);
    const broken = await call('/v1/messages', { body: '{' });
    expect((await errorIn(broken)).message).toContain('not valid JSON');
    const halved = await call('/v1/messages', { body: JSON.stringify(paramsOf('\ud83c')) });
    expect((await errorIn(halved)).message).toContain('no low surrogate in string');
  });

  test('counts tokens', async () => {
    const { client } = await setup();
    const { model, messages } = paramsOf('hi');
    expect(await client.messages.countTokens({ model, messages })).toEqual({ input_tokens: 9 });
  });

  test('lists models and finds one by its alias', async () => {
    const { client } = await setup();
    const ids: string[] = [];
    for await (const model of client.models.list({ limit: 5 })) ids.push(model.id);
    expect(ids).toContain('claude-opus-5-5');
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(15);
    const model = await client.models.retrieve('claude-sonnet-4-5');
    expect(model).toMatchObject({
      id: 'claude-sonnet-4-5-20250929',
      display_name: 'Claude Sonnet 4.5',
      type: 'model',
      line: 'sonnet',
      max_tokens: 64_000,
    });
    await expect(client.models.retrieve('claude-no')).rejects.toMatchObject({ status: 404 });
  });
});

describe('ledger', () => {
  test('knows what was accepted, called and executed, and when', async () => {
    const { client, create, pass, simulator } = await setup();
    simulator.setResult(({ index }) => [succeeded(), errored('api_error'), expired()][index]);
    const { id } = await create(3);
    const { ledger } = simulator;
    expect(await ledger.executions()).toEqual([]);
    pass(HOUR_MS);
    await client.messages.batches.retrieve(id);
    const key = keyOf(paramsOf('question 0'));
    const execution = { customId: 'r-0', key, attempt: 1, batchId: id };
    expect(await ledger.executions()).toMatchObject([execution]);
    expect(await ledger.executions(key)).toMatchObject([execution]);
    expect(await ledger.executions('other')).toEqual([]);
    expect(ledger.batches).toMatchObject([
      { id, requests: [{ customId: 'r-0', key }, { customId: 'r-1' }, { customId: 'r-2' }] },
    ]);
    expect(ledger.counts).toMatchObject({ create: 1, retrieve: 1, list: 0 });
    expect(ledger.calls).toMatchObject([
      {
        operation: 'create',
        method: 'POST',
        path: '/v1/messages/batches',
        status: 200,
        batchId: id,
      },
      { operation: 'retrieve', method: 'GET', status: 200, batchId: id },
    ]);
  });

  test('keeps no keys', async () => {
    const { clientWith, simulator } = await setup();
    await clientWith('very-secret').messages.batches.list();
    expect(JSON.stringify(simulator.ledger.calls)).not.toContain('very-secret');
    expect(simulator.ledger.calls[0]?.headers).toHaveProperty('anthropic-version', '2026-10-21');
  });
});
