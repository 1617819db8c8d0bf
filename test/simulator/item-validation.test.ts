import { HOUR_MS, closeAll, oneRequest, paramsOf, setup } from './helpers/setup';
import type { Json } from './helpers/setup';

afterEach(closeAll);

const OLD = '2023-06-01';
const BETA_300K = 'output-300k-2026-03-24';

async function resultOf(params: Json, headers: Record<string, string> = {}): Promise<Json> {
  const { call, pass } = await setup();
  const sent = { 'x-api-key': 'k', 'anthropic-version': '2026-10-21', ...headers };
  const created = await call('/v1/messages/batches', { body: oneRequest(params), headers: sent });
  const { id } = (await created.json()) as { id: string };
  pass(HOUR_MS);
  const text = await (await call(`/v1/messages/batches/${id}/results`)).text();
  return (JSON.parse(text) as { result: Json }).result;
}

function withParams(more: Json): Json {
  return paramsOf('hi', more) as unknown as Json;
}

describe('a request that the API would not run', () => {
  test('is errored in an envelope within its result, in the field order of the API', async () => {
    const params = { model: 'claude-opus-5', max_tokens: 1 };
    expect(JSON.stringify(await resultOf(params))).toBe(
      '{"type":"errored","error":{"type":"error","error":{"details":{"error_visibility":"user_facing"},' +
        '"type":"invalid_request_error","message":"messages: Field required"},"request_id":null}}'
    );
  });

  test.each<{
    name: string;
    params: Json;
    message: string;
    headers?: Record<string, string>;
    type?: string;
  }>([
    {
      name: 'an unknown model',
      params: withParams({ model: 'claude-does-not-exist-9' }),
      message: 'model: claude-does-not-exist-9',
      type: 'not_found_error',
    },
    { name: 'no model', params: { max_tokens: 1, messages: [] }, message: 'model: Field required' },
    {
      name: 'stream',
      params: withParams({ stream: true }),
      message: '"stream=True" is not supported in the Message Batches API',
    },
    {
      name: 'max_tokens of 0',
      params: withParams({ max_tokens: 0 }),
      message: 'max_tokens: must be greater than or equal to 1',
    },
    {
      name: 'max_tokens beyond the model',
      params: withParams({ max_tokens: 9999999 }),
      message:
        'max_tokens: 9999999 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5-20251001',
    },
    {
      name: 'max_tokens of 300,000 without the beta',
      params: withParams({ model: 'claude-opus-5', max_tokens: 300_000 }),
      message:
        'max_tokens: 300000 > 128000, which is the maximum allowed number of output tokens for claude-opus-5',
    },
    {
      name: 'max_tokens of 300,000 with the beta on a model without it',
      params: withParams({ model: 'claude-fable-5', max_tokens: 300_000 }),
      headers: { 'anthropic-beta': BETA_300K },
      message:
        'max_tokens: 300000 > 128000, which is the maximum allowed number of output tokens for claude-fable-5',
    },
    {
      name: 'no max_tokens',
      params: { ...withParams({}), max_tokens: undefined },
      message: 'max_tokens: Field required',
    },
    {
      name: 'betas in params',
      params: withParams({ betas: ['a'] }),
      message: 'betas: Extra inputs are not permitted',
    },
    {
      name: 'speed',
      params: withParams({ speed: 'fast' }),
      message: 'speed: is not supported in the Message Batches API',
    },
    {
      name: 'fallbacks',
      params: withParams({ fallbacks: [{ model: 'claude-opus-5' }] }),
      message: 'fallbacks: is not supported in the Message Batches API',
    },
    {
      name: 'a tool choice without its tool',
      params: withParams({ tool_choice: { type: 'tool', name: 'x' } }),
      message: "Tool 'x' not found in provided tools",
    },
    {
      name: 'a user profile other than the header',
      params: withParams({ user_profile_id: 'a' }),
      headers: { 'anthropic-user-profile-id': 'b' },
      message: 'user_profile_id: conflicts with the anthropic-user-profile-id header',
    },
    {
      name: 'an image that cannot be fetched',
      params: withParams({
        messages: [
          {
            role: 'user',
            content: [{ type: 'image', source: { type: 'url', url: 'https://a.invalid/x.png' } }],
          },
        ],
      }),
      message: 'Unable to download the file. Please verify the URL and try again.',
    },
    ...['temperature', 'top_p', 'top_k'].map((key) => ({
      name: `${key} under the new version`,
      params: withParams({ [key]: 1 }),
      message: `${key}: is not supported in anthropic-version 2026-10-21`,
    })),
  ])('for $name', async ({ params, message, headers, type = 'invalid_request_error' }) => {
    const result = await resultOf(params, headers);
    expect(result).toMatchObject({ type: 'errored', error: { error: { type, message } } });
  });

  test.each([
    {
      name: 'enabled thinking on a model that only adapts',
      params: { model: 'claude-opus-4-8', thinking: { type: 'enabled', budget_tokens: 9 } },
    },
    { name: 'no messages', params: { messages: [] } },
    { name: 'a message without content', params: { messages: [{ role: 'user' }] } },
    {
      name: 'a message of a strange role',
      params: { messages: [{ role: 'robot', content: 'x' }] },
    },
    {
      name: 'a document by the assistant',
      params: { messages: [{ role: 'assistant', content: [{ type: 'document' }] }] },
    },
    {
      name: 'citations by the user',
      params: {
        messages: [{ role: 'user', content: [{ type: 'text', text: 'x', citations: [{}] }] }],
      },
    },
  ])('for $name', async ({ params }) => {
    expect(await resultOf(withParams(params))).toMatchObject({
      type: 'errored',
      error: { error: { type: 'invalid_request_error' } },
    });
  });
});

describe('a request that the API runs', () => {
  test.each<{ name: string; params: Json; headers?: Record<string, string> }>([
    {
      name: 'sampling under the old version',
      params: withParams({ temperature: 1, top_p: 1, top_k: 1 }),
      headers: { 'anthropic-version': OLD },
    },
    {
      name: '300,000 tokens with the beta, in a comma list',
      params: withParams({ model: 'claude-opus-5', max_tokens: 300_000 }),
      headers: { 'anthropic-beta': `other-2026-01-01, ${BETA_300K}` },
    },
    { name: 'stream: false', params: withParams({ stream: false }) },
    { name: 'a dated model', params: withParams({ model: 'claude-haiku-4-5-20251001' }) },
    { name: 'a fallback credit token', params: withParams({ fallback_credit_token: 'x' }) },
    {
      name: 'a tool choice with its tool',
      params: withParams({ tools: [{ name: 'x' }], tool_choice: { type: 'tool', name: 'x' } }),
    },
  ])('has $name', async ({ params, headers }) => {
    expect(await resultOf(params, headers)).toMatchObject({ type: 'succeeded' });
  });
});
