import { DEFAULT_WORKSPACE_ID } from '../../src/simulator';
import { closeAll, errorIn, setup } from './helpers/setup';

afterEach(closeAll);

const PATH = '/v1/messages/batches';
const VERSION = { 'anthropic-version': '2023-06-01' };

describe('authenticate', () => {
  test.each([
    { name: 'x-api-key', headers: { 'x-api-key': 'k' } },
    { name: 'a Bearer token', headers: { authorization: 'Bearer k' } },
  ])('takes $name', async ({ headers }) => {
    const { call } = await setup();
    const response = await call(PATH, { headers: { ...VERSION, ...headers } });
    expect(response.status).toBe(200);
  });

  test.each(['2023-06-01', '2026-10-21'])('takes version %s', async (version) => {
    const { call } = await setup();
    const headers = { 'x-api-key': 'k', 'anthropic-version': version };
    expect((await call(PATH, { headers })).status).toBe(200);
  });

  test.each([
    { name: 'no key', headers: VERSION, status: 401, type: 'authentication_error' },
    {
      name: 'a basic authorization',
      headers: { ...VERSION, authorization: 'Basic a' },
      status: 401,
      type: 'authentication_error',
    },
    {
      name: 'no version',
      headers: { 'x-api-key': 'k' },
      status: 400,
      type: 'invalid_request_error',
    },
    {
      name: 'an unknown version',
      headers: { 'x-api-key': 'k', 'anthropic-version': '2020-01-01' },
      status: 400,
      type: 'invalid_request_error',
    },
    {
      name: "another workspace's id",
      headers: { ...VERSION, 'x-api-key': 'k', 'anthropic-workspace-id': 'wrkspc_other' },
      status: 403,
      type: 'permission_error',
    },
  ])('refuses $name with $status', async ({ headers, status, type }) => {
    const { call } = await setup();
    const response = await call(PATH, { headers });
    expect(response.status).toBe(status);
    expect((await errorIn(response)).type).toBe(type);
  });

  test('says of an unknown key that it is invalid, and names no workspace', async () => {
    const { call } = await setup({ keys: { known: { workspaceId: 'wrkspc_a' } } });
    const response = await call(PATH, { headers: { ...VERSION, 'x-api-key': 'other' } });
    expect(response.status).toBe(401);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(response.headers.get('anthropic-workspace-id')).toBeNull();
    expect(response.headers.get('request-id')).toMatch(/^req_/);
    expect(await errorIn(response)).toEqual({
      type: 'authentication_error',
      message: 'API key is invalid.',
    });
  });

  test('keeps the batches of one workspace from the keys of another', async () => {
    const { clientWith, simulator } = await setup({
      keys: {
        a: { workspaceId: 'wrkspc_a' },
        a2: { workspaceId: 'wrkspc_a' },
        b: { workspaceId: 'wrkspc_b', organizationId: 'org-b' },
      },
    });
    const requests = [
      {
        custom_id: 'x',
        params: {
          model: 'claude-opus-5',
          max_tokens: 1,
          messages: [{ role: 'user' as const, content: 'x' }],
        },
      },
    ];
    const { id } = await clientWith('a').messages.batches.create({ requests });
    expect((await clientWith('a2').messages.batches.list()).data).toHaveLength(1);
    expect((await clientWith('b').messages.batches.list()).data).toHaveLength(0);
    await expect(clientWith('b').messages.batches.retrieve(id)).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining(`Message Batch ${id} not found.`) as string,
    });
    const { response } = await clientWith('b').messages.batches.create({ requests }).withResponse();
    expect(response.headers.get('anthropic-workspace-id')).toBe('wrkspc_b');
    expect(response.headers.get('anthropic-organization-id')).toBe('org-b');
    expect(simulator.ledger.batches.map((batch) => batch.requests[0]?.attempt)).toEqual([1, 1]);
  });

  test('follows keys that change while it runs', async () => {
    const { clientWith, simulator } = await setup();
    await expect(clientWith('k').messages.batches.list()).resolves.toBeDefined();
    simulator.keys.revoke('k');
    await expect(clientWith('k').messages.batches.list()).rejects.toMatchObject({ status: 401 });
    simulator.keys.set('k', { workspaceId: 'wrkspc_new' });
    const { response } = await clientWith('k').messages.batches.list().withResponse();
    expect(response.headers.get('anthropic-workspace-id')).toBe('wrkspc_new');
    const { response: other } = await clientWith('other').messages.batches.list().withResponse();
    expect(other.headers.get('anthropic-workspace-id')).toBe(DEFAULT_WORKSPACE_ID);
  });

  test.each([
    ['GET', '/'],
    ['GET', '/v1/nothing'],
    ['PUT', '/v1/messages/batches'],
    ['GET', '/v1/messages/batches/a/b/c'],
    ['GET', '//'],
  ])('answers %s %s with a 404 in the envelope', async (method, path) => {
    const { call } = await setup();
    const response = await call(path, { method });
    expect(response.status).toBe(404);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: 'Not found' },
      request_id: response.headers.get('request-id'),
    });
  });
});
