import Anthropic from '@anthropic-ai/sdk';
import {
  countsAtEnd,
  dateAhead,
  delaying,
  dropping,
  extraFields,
  failing,
  hanging,
  hiddenFor,
  listWithout,
  negativeCounts,
  redirecting,
  responding,
  respondingHtml,
  respondingNothing,
  resultsUrlOn,
  shortPages,
  startSimulator,
  unknownStatus,
  unorderedList,
} from '../../src/simulator';
import type { FaultAction } from '../../src/simulator';
import { HOUR_MS, closeAll, errorIn, paramsOf, setup } from './helpers/setup';
import type { Json } from './helpers/setup';

afterEach(closeAll);

const PATH = '/v1/messages/batches';
const BODY = { requests: [{ custom_id: 'a', params: paramsOf('hi') }] };

describe('a fault on create', () => {
  test.each([
    { status: 401, errorClass: Anthropic.AuthenticationError, type: 'authentication_error' },
    { status: 402, errorClass: Anthropic.APIError, type: 'billing_error' },
    { status: 403, errorClass: Anthropic.PermissionDeniedError, type: 'permission_error' },
    { status: 409, errorClass: Anthropic.ConflictError, type: 'conflict_error' },
    { status: 429, errorClass: Anthropic.RateLimitError, type: 'rate_limit_error' },
    { status: 500, errorClass: Anthropic.InternalServerError, type: 'api_error' },
    { status: 504, errorClass: Anthropic.InternalServerError, type: 'timeout_error' },
    { status: 529, errorClass: Anthropic.InternalServerError, type: 'overloaded_error' },
  ])('answers $status $type, and nothing is accepted', async ({ status, errorClass, type }) => {
    const { client, create, simulator } = await setup();
    const handle = simulator.fault({ on: 'create', action: failing(status) });
    const failure: unknown = await create(1).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(errorClass);
    expect(failure).toMatchObject({ status, type });
    expect(handle).toMatchObject({ struck: 1, remaining: 0 });
    expect((await client.messages.batches.list()).data).toEqual([]);
    await expect(create(1)).resolves.toBeDefined();
  });

  test('carries headers and details', async () => {
    const { call, simulator } = await setup();
    const details = { error_code: 'ramp_limit_exceeded' };
    simulator.fault({
      on: 'create',
      action: failing(429, { details, message: 'Slow', headers: { 'retry-after': '7' } }),
    });
    const response = await call(PATH, { body: BODY });
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toMatchObject({
      error: { type: 'rate_limit_error', message: 'Slow', details },
    });
  });

  test.each(['arrived', 'read'] as const)(
    'drops the connection when the call has %s, and nothing is accepted',
    async (stage) => {
      const { create, simulator } = await setup();
      simulator.fault({ on: 'create', stage, action: dropping() });
      await expect(create(1)).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
      expect(simulator.ledger.batches).toHaveLength(0);
      expect(simulator.ledger.calls[0]?.status).toBe('dropped');
    }
  );

  test('answers before the body is read', async () => {
    const { call, simulator } = await setup();
    simulator.fault({ on: 'create', stage: 'arrived', action: failing(529) });
    const response = await call(PATH, { body: BODY });
    expect(response.status).toBe(529);
    expect(response.headers.get('connection')).toBe('close');
    expect(simulator.ledger.batches).toHaveLength(0);
  });

  test('loses the answer to a batch that was accepted', async () => {
    const { client, create, simulator } = await setup();
    simulator.fault({ on: 'create', stage: 'executed', action: dropping() });
    await expect(create(3)).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
    const { data } = await client.messages.batches.list();
    expect(data).toMatchObject([{ request_counts: { processing: 3 } }]);
    expect(simulator.ledger.calls[0]).toMatchObject({ status: 'dropped', batchId: data[0]?.id });
  });

  test('lets the SDK pay three times where it retries by itself', async () => {
    const { simulator } = await setup();
    const client = new Anthropic({ baseURL: simulator.url, apiKey: 'k', maxRetries: 2 });
    simulator.fault({
      on: 'create',
      stage: 'executed',
      times: 2,
      action: failing(500, { headers: { 'retry-after-ms': '1' } }),
    });
    await client.messages.batches.create({
      requests: [{ custom_id: 'a', params: paramsOf('hi') }],
    });
    expect(simulator.ledger.batches).toHaveLength(3);
  });

  test.each<{ name: string; action: FaultAction; status: number; body: RegExp }>([
    { name: 'HTML for JSON', action: respondingHtml(), status: 200, body: /^<!DOCTYPE html>/ },
    { name: 'an empty body', action: respondingNothing(), status: 200, body: /^$/ },
  ])('answers $name though the batch is accepted', async ({ action, status, body }) => {
    const { call, simulator } = await setup();
    simulator.fault({ on: 'create', action });
    const response = await call(PATH, { body: BODY });
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(body);
    expect(simulator.ledger.batches).toHaveLength(1);
  });

  test('answers any bytes of any type, without the headers of the API', async () => {
    const { call, simulator } = await setup();
    simulator.fault({
      on: 'create',
      action: responding(413, '<html>too large', { contentType: 'text/html' }),
    });
    const response = await call(PATH, { body: BODY });
    expect(response.status).toBe(413);
    expect(await response.text()).toBe('<html>too large');
    expect(response.headers.get('request-id')).toBeNull();
    expect(simulator.ledger.batches).toHaveLength(0);
  });

  test('sees the ids of the body, and strikes the calls of its choice', async () => {
    const { call, simulator } = await setup();
    simulator.fault({
      on: 'create',
      times: Infinity,
      when: ({ customIds }) => customIds().includes('bad'),
      action: failing(500),
    });
    const bodyOf = (custom_id: string): Json => ({
      requests: [{ custom_id, params: paramsOf('x') }],
    });
    const statuses: number[] = [];
    for (const id of ['good', 'bad', 'bad'])
      statuses.push((await call(PATH, { body: bodyOf(id) })).status);
    expect(statuses).toEqual([200, 500, 500]);
  });
});

describe('a fault', () => {
  test('strikes its operation only, so many times, after so many calls', async () => {
    const { call, simulator } = await setup();
    simulator.fault({ on: ['retrieve', 'list'], times: 2, skip: 1, action: failing(503) });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await call(PATH)).status);
    expect(statuses).toEqual([200, 503, 503, 200, 200]);
    expect((await call('/v1/models')).status).toBe(200);
  });

  test('strikes everything where it is on *, and stops when it is removed', async () => {
    const { call, simulator } = await setup({ faults: [] });
    const handle = simulator.fault({ on: '*', times: Infinity, action: failing(529) });
    expect((await call('/v1/models')).status).toBe(529);
    expect((await call(PATH)).status).toBe(529);
    handle.remove();
    expect((await call(PATH)).status).toBe(200);
    simulator.fault({ on: '*', action: failing(529) });
    simulator.clearFaults();
    expect((await call(PATH)).status).toBe(200);
  });

  test('may decide its action for each call', async () => {
    const { call } = await setup({
      faults: [
        {
          on: 'list',
          times: Infinity,
          action: ({ callNumber }) => (callNumber % 2 === 0 ? failing(500) : undefined),
        },
      ],
    });
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await call(PATH)).status);
    expect(statuses).toEqual([200, 500, 200, 500]);
  });

  test('delays an answer and lets the next fault follow', async () => {
    const { call, simulator } = await setup();
    simulator.fault({ on: 'list', action: delaying(50) });
    simulator.fault({ on: 'list', action: failing(500) });
    const startedAtMs = Date.now();
    expect((await call(PATH)).status).toBe(500);
    expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(45);
  });

  test('hangs until someone closes', async () => {
    const { call, simulator } = await setup();
    simulator.fault({ on: 'list', action: hanging() });
    let isSettled = false;
    const hung = call(PATH).catch(() => 'closed');
    void hung.then(() => {
      isSettled = true;
    });
    while (simulator.ledger.calls[0]?.status !== 'hung')
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isSettled).toBe(false);
    await simulator.close();
    expect(await hung).toBe('closed');
  });

  test('redirects to another host', async () => {
    const { simulator } = await setup();
    simulator.fault({ on: 'list', action: redirecting('http://127.0.0.1:1/elsewhere') });
    const response = await fetch(`${simulator.url}${PATH}`, { redirect: 'manual' });
    expect(response.status).toBe(307);
    expect(response.headers.get('location')).toBe('http://127.0.0.1:1/elsewhere');
  });

  test('hides a young batch from every call', async () => {
    const { client, create, pass, simulator } = await setup();
    simulator.fault({ on: ['retrieve', 'list', 'results'], action: hiddenFor(2_000) });
    const { id } = await create(1);
    pass(1_999);
    await expect(client.messages.batches.retrieve(id)).rejects.toMatchObject({ status: 404 });
    expect((await client.messages.batches.list()).data).toEqual([]);
    pass(1);
    await expect(client.messages.batches.retrieve(id)).resolves.toMatchObject({ id });
    expect((await client.messages.batches.list()).data).toHaveLength(1);
  });

  test.each<{ name: string; action: FaultAction; expected: Json }>([
    {
      name: 'an unknown status',
      action: unknownStatus('paused'),
      expected: { processing_status: 'paused' },
    },
    {
      name: 'negative counts',
      action: negativeCounts(),
      expected: { request_counts: { processing: -1 } },
    },
    {
      name: 'fields of the future',
      action: extraFields({ priority: 'high' }),
      expected: { priority: 'high' },
    },
  ])('gives a batch $name, retrieved or listed', async ({ action, expected }) => {
    const { call, create, simulator } = await setup();
    const { id } = await create(1);
    simulator.fault({ on: ['retrieve', 'list'], times: 2, action });
    expect(await (await call(`${PATH}/${id}`)).json()).toMatchObject(expected);
    expect(await (await call(PATH)).json()).toMatchObject({ data: [expected] });
  });

  test('sends results to another host', async () => {
    const { client, create, pass, simulator } = await setup();
    const { id } = await create(1);
    pass(HOUR_MS);
    simulator.fault({ on: 'retrieve', action: resultsUrlOn('http://evil.example') });
    const { results_url: url } = await client.messages.batches.retrieve(id);
    expect(url).toBe(`http://evil.example/v1/messages/batches/${id}/results`);
  });

  test('answers a cancel after it was done', async () => {
    const { client, create, simulator } = await setup();
    const { id } = await create(1);
    simulator.fault({ on: 'cancel', stage: 'executed', action: failing(500) });
    await expect(client.messages.batches.cancel(id)).rejects.toMatchObject({ status: 500 });
    expect((await client.messages.batches.retrieve(id)).processing_status).toBe('canceling');
  });
});

describe('a fault on list', () => {
  async function threeBatches(): Promise<Awaited<ReturnType<typeof setup>> & { ids: string[] }> {
    const api = await setup();
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      ids.unshift((await api.create(1)).id);
      api.pass(1000);
    }
    return { ...api, ids };
  }

  test('sends a date of its own', async () => {
    const { call, simulator } = await setup();
    const dateOf = async (): Promise<number> =>
      Date.parse((await call(PATH)).headers.get('date') ?? '');
    const honestMs = await dateOf();
    simulator.fault({ on: 'list', action: dateAhead(600_000) });
    expect(await dateOf()).toBe(honestMs + 600_000);
    expect(await dateOf()).toBe(honestMs);
  });

  test('turns a page round', async () => {
    const { client, ids, simulator } = await threeBatches();
    simulator.fault({ on: 'list', action: unorderedList() });
    const { data } = await client.messages.batches.list();
    expect(data.map(({ id }) => id)).toEqual([...ids].reverse());
  });

  test.each(['has_more', 'id', 'created_at'] as const)('leaves out %s', async (member) => {
    const { call, simulator } = await threeBatches();
    simulator.fault({ on: 'list', action: listWithout(member) });
    expect(await (await call(PATH)).text()).not.toContain(`"${member}"`);
  });

  test('makes pages short, and the list is still whole', async () => {
    const { client, ids, simulator } = await threeBatches();
    simulator.fault({ on: 'list', action: shortPages(1), times: Infinity });
    const listed: string[] = [];
    for await (const { id } of client.messages.batches.list()) listed.push(id);
    expect(listed).toEqual(ids);
    expect(simulator.ledger.counts.list).toBe(3);
  });
});

test('counts that are filled in at the end', async () => {
  const { client, create, pass, simulator } = await setup();
  simulator.fault({ on: '*', action: countsAtEnd(), times: Infinity });
  const batch = await create(2);
  expect(batch.request_counts).toMatchObject({ processing: 0, succeeded: 0 });
  pass(HOUR_MS);
  const ended = await client.messages.batches.retrieve(batch.id);
  expect(ended.request_counts).toMatchObject({ processing: 0, succeeded: 2 });
});

describe('limits', () => {
  test('refuse calls beyond the rate, and say when the next may come', async () => {
    const { call, pass, simulator } = await setup();
    simulator.configure({ limits: { requestsPerMinute: 2 } });
    const first = await call(PATH);
    expect(first.headers.get('anthropic-ratelimit-requests-limit')).toBe('2');
    expect(first.headers.get('anthropic-ratelimit-requests-remaining')).toBe('1');
    await call(PATH);
    const third = await call(PATH);
    expect(third.status).toBe(429);
    expect(third.headers.get('retry-after')).toBe('30');
    expect(third.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
    expect((await errorIn(third)).type).toBe('rate_limit_error');
    pass(30_000);
    expect((await call(PATH)).status).toBe(200);
    expect((await call('/v1/models')).status).toBe(200);
  });

  test('refuse a batch that does not fit into the queue until others are processed', async () => {
    const { create, pass } = await setup({ limits: { queuedRequestsMax: 5 } });
    await create(4);
    const failure: unknown = await create(2).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Anthropic.RateLimitError);
    expect(
      (failure as InstanceType<typeof Anthropic.RateLimitError>).headers.get('retry-after')
    ).toBe('60');
    pass(HOUR_MS / 4);
    await expect(create(2)).resolves.toBeDefined();
  });

  test('refuse every batch once the money is spent, and name no time', async () => {
    const { call, simulator } = await setup({ limits: { isSpendLimitReached: true } });
    const response = await call(PATH, { body: BODY });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBeNull();
    expect(await response.json()).toMatchObject({
      error: { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } },
    });
    simulator.configure({ limits: { isSpendLimitReached: false } });
    expect((await call(PATH, { body: BODY })).status).toBe(200);
  });

  test('take no numbers that make no sense', async () => {
    await expect(startSimulator({ batchTimeMs: -1 })).rejects.toThrow(
      'Expected `batchTimeMs` to be a number >= 0, got -1.'
    );
  });
});
