import { closeAll, setup } from './helpers/setup';

afterEach(closeAll);

const BATCHES = '/v1/messages/batches';

describe('a wildcard simulator', () => {
  test.each([
    { method: 'POST', path: BATCHES, fields: ['processing_status', 'request_counts'] },
    {
      method: 'GET',
      path: `${BATCHES}?limit=1&after_id=after_id&before_id=before_id`,
      fields: ['data', 'has_more'],
    },
    { method: 'GET', path: `${BATCHES}/message_batch_id`, fields: ['results_url', 'expires_at'] },
    {
      method: 'POST',
      path: `${BATCHES}/message_batch_id/cancel?beta=true`,
      fields: ['id', 'type'],
    },
    { method: 'DELETE', path: `${BATCHES}/message_batch_id`, fields: ['id', 'type'] },
    { method: 'GET', path: `${BATCHES}/message_batch_id/results`, fields: ['custom_id', 'result'] },
    { method: 'POST', path: '/v1/messages', fields: ['content', 'usage'] },
    { method: 'POST', path: '/v1/messages/count_tokens', fields: ['input_tokens'] },
    { method: 'GET', path: '/v1/models?after_id=x', fields: ['data', 'first_id'] },
    { method: 'GET', path: '/v1/models/model_id', fields: ['display_name', 'created_at'] },
  ])('answers $method $path in the documented shape', async ({ method, path, fields }) => {
    const { call } = await setup({ wildcard: true });
    const response = await call(path, { method, headers: {} });
    expect(response.status).toBe(200);
    const body = (await response.json()) as Record<string, unknown>;
    expect(Object.keys(body)).toEqual(expect.arrayContaining(fields));
  });

  test('serves the SDK whatever ids it makes up', async () => {
    const { client } = await setup({ wildcard: true });
    const { batches } = client.messages;
    const results: unknown[] = [];
    for await (const line of await batches.results('message_batch_id')) results.push(line);
    expect(results).toMatchObject([{ result: { type: 'succeeded' } }]);
    expect(await batches.delete('message_batch_id')).toEqual({
      id: 'message_batch_id',
      type: 'message_batch_deleted',
    });
    const seen: string[] = [];
    for await (const batch of batches.list({ after_id: 'after_id', limit: 1 })) seen.push(batch.id);
    expect(seen).toHaveLength(1);
  });

  test('still runs real batches', async () => {
    const { client, create, pass } = await setup({ wildcard: true });
    const { id } = await create(2);
    pass(3_600_000);
    const { request_counts: counts } = await client.messages.batches.retrieve(id);
    expect(counts.succeeded).toBe(2);
  });

  test('knows no other paths', async () => {
    const { call } = await setup({ wildcard: true });
    expect((await call('/_stainless_unknown_path')).status).toBe(404);
  });
});
