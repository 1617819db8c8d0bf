import { canceled, errored, expired, succeeded } from '../../src/simulator';
import { HOUR_MS, closeAll, errorIn, setup } from './helpers/setup';
import type { Json } from './helpers/setup';

afterEach(closeAll);

const DAY_MS = 24 * HOUR_MS;

async function typesOf(results: Promise<Map<string, Json>>): Promise<unknown[]> {
  const lines = [...(await results)].sort(([a], [b]) =>
    a.localeCompare(b, 'en', { numeric: true })
  );
  return lines.map(([, result]) => result['type']);
}

describe('a batch', () => {
  test('is in progress with a hint for the next check, and ends when its time is over', async () => {
    const { client, create, pass, simulator } = await setup();
    const { id } = await create(2);
    pass(HOUR_MS - 1);
    const before = await client.messages.batches.retrieve(id).withResponse();
    expect(before.data.processing_status).toBe('in_progress');
    expect(before.response.headers.get('retry-after')).toBe('10');
    pass(1);
    const after = await client.messages.batches.retrieve(id).withResponse();
    expect(after.response.headers.get('retry-after')).toBeNull();
    expect(after.data).toMatchObject({
      processing_status: 'ended',
      request_counts: { processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 },
      ended_at: '2026-11-22T11:00:00.000141+00:00',
      results_url: `${simulator.url}/v1/messages/batches/${id}/results`,
      cancel_initiated_at: null,
    });
  });

  test('keeps every request in processing until the end', async () => {
    const { client, create, pass } = await setup();
    const { id } = await create(4);
    pass(HOUR_MS / 2);
    const { request_counts: counts } = await client.messages.batches.retrieve(id);
    expect(counts).toEqual({ processing: 4, succeeded: 0, errored: 0, canceled: 0, expired: 0 });
  });

  test('shows live counts where asked for', async () => {
    const { client, create, pass, simulator } = await setup({ hasLiveCounts: true });
    simulator.setResult(({ index }) => (index === 0 ? errored('api_error') : undefined));
    const { id } = await create(4);
    const seen: number[][] = [];
    for (let quarter = 0; quarter < 5; quarter += 1) {
      const { request_counts: counts } = await client.messages.batches.retrieve(id);
      seen.push([counts.processing, counts.errored, counts.succeeded]);
      pass(HOUR_MS / 4);
    }
    expect(seen).toEqual([
      [4, 0, 0],
      [3, 1, 0],
      [2, 1, 1],
      [1, 1, 2],
      [0, 1, 3],
    ]);
  });

  test('ends as its script says, whatever the results', async () => {
    const { client, create, pass, results, simulator } = await setup();
    simulator.setResult(({ index }) => [succeeded(), errored('api_error'), canceled()][index]);
    const { id } = await create(3);
    pass(HOUR_MS);
    const batch = await client.messages.batches.retrieve(id);
    expect(batch.request_counts).toMatchObject({ succeeded: 1, errored: 1, canceled: 1 });
    expect(batch.cancel_initiated_at).toBeNull();
    expect(await typesOf(results(id))).toEqual(['succeeded', 'errored', 'canceled']);
  });

  test('expires after 24 hours and keeps what has finished', async () => {
    const { client, create, pass, results, simulator } = await setup();
    simulator.setResult(({ index }) => (index === 1 ? expired() : undefined));
    const { id } = await create(3);
    pass(DAY_MS - 1);
    expect((await client.messages.batches.retrieve(id)).processing_status).toBe('in_progress');
    pass(1);
    const batch = await client.messages.batches.retrieve(id);
    expect(batch.ended_at).toBe(batch.expires_at);
    expect(batch.request_counts).toMatchObject({ succeeded: 2, expired: 1 });
    expect(await typesOf(results(id))).toEqual(['succeeded', 'expired', 'succeeded']);
  });

  test('expires where its batch time is longer than a day', async () => {
    const { client, create, pass } = await setup({ batchTimeMs: 2 * DAY_MS });
    const { id } = await create(4);
    pass(DAY_MS);
    const { request_counts: counts } = await client.messages.batches.retrieve(id);
    expect(counts).toMatchObject({ succeeded: 2, expired: 2 });
  });

  test('takes its time from a function of the batch', async () => {
    const { client, create, pass } = await setup({
      batchTimeMs: ({ requests, sequence }) => requests * 1_000 + sequence * 10_000,
    });
    const [first, second] = [await create(1), await create(2)];
    pass(11_999);
    const statusOf = async (id: string): Promise<string> =>
      (await client.messages.batches.retrieve(id)).processing_status;
    expect([await statusOf(first.id), await statusOf(second.id)]).toEqual(['ended', 'in_progress']);
    pass(1);
    expect(await statusOf(second.id)).toBe('ended');
  });

  test('is archived 29 days after its creation: still to be seen, but without results', async () => {
    const { call, client, create, pass } = await setup();
    const { id } = await create(1);
    pass(29 * DAY_MS - 1);
    expect((await client.messages.batches.retrieve(id)).archived_at).toBeNull();
    expect((await call(`/v1/messages/batches/${id}/results`)).status).toBe(200);
    pass(1);
    const batch = await client.messages.batches.retrieve(id);
    expect(batch.archived_at).toBe('2026-12-21T10:00:00.000141+00:00');
    const response = await call(`/v1/messages/batches/${id}/results`);
    expect(response.status).toBe(404);
  });
});

describe('cancel', () => {
  test('keeps what has finished or is in flight, cancels the rest, and ends half a minute later', async () => {
    const { client, create, pass, results, simulator } = await setup();
    const { id } = await create(10);
    pass(HOUR_MS / 2);
    const canceling = await client.messages.batches.cancel(id);
    expect(canceling).toMatchObject({
      processing_status: 'canceling',
      request_counts: { processing: 10 },
      cancel_initiated_at: '2026-11-22T10:30:00.000141+00:00',
      ended_at: null,
      results_url: null,
    });
    pass(24_999);
    const still = await client.messages.batches.retrieve(id).withResponse();
    expect(still.data.processing_status).toBe('canceling');
    expect(still.response.headers.get('retry-after')).toBeNull();
    pass(1);
    const ended = await client.messages.batches.retrieve(id);
    expect(ended).toMatchObject({
      processing_status: 'ended',
      request_counts: { processing: 0, succeeded: 5, errored: 0, canceled: 5, expired: 0 },
      cancel_initiated_at: canceling.cancel_initiated_at,
      ended_at: '2026-11-22T10:30:25.000141+00:00',
    });
    expect((await typesOf(results(id))).slice(4, 6)).toEqual(['succeeded', 'canceled']);
    expect(await simulator.ledger.executions()).toHaveLength(5);
  });

  test('lets a request that is in flight finish', async () => {
    const { create, client, pass, results, simulator } = await setup({ cancelTimeMs: 10_000 });
    simulator.setResult(({ index }) => succeeded({ finishAfterMs: 5_000 + index * 10_000 }));
    const { id } = await create(2);
    await client.messages.batches.cancel(id);
    pass(10_000);
    expect(await typesOf(results(id))).toEqual(['succeeded', 'canceled']);
  });

  test('never makes a batch last longer', async () => {
    const { client, create, pass } = await setup({ batchTimeMs: 2_000 });
    const { id } = await create(4);
    pass(1_000);
    await client.messages.batches.cancel(id);
    pass(1_000);
    const batch = await client.messages.batches.retrieve(id);
    expect(batch).toMatchObject({
      processing_status: 'ended',
      request_counts: { succeeded: 2, canceled: 2 },
    });
  });

  test('changes nothing the second time, nor after the end', async () => {
    const { client, create, pass } = await setup();
    const { id } = await create(1);
    const first = await client.messages.batches.cancel(id);
    pass(1_000);
    expect(await client.messages.batches.cancel(id)).toEqual(first);
    pass(HOUR_MS);
    const ended = await client.messages.batches.retrieve(id);
    expect(await client.messages.batches.cancel(id)).toEqual(ended);
  });

  test('is refused after the end where a test asks for that', async () => {
    const { client, create, pass } = await setup({ cancelOfEnded: 'refused' });
    const { id } = await create(1);
    pass(HOUR_MS);
    await expect(client.messages.batches.cancel(id)).rejects.toMatchObject({ status: 400 });
  });
});

describe('delete', () => {
  test('is refused while the batch is in progress or canceling', async () => {
    const { call, client, create } = await setup();
    const { id } = await create(1);
    const message = 'In progress batches cannot be deleted. Consider canceling the batch instead.';
    const error = { type: 'invalid_request_error', message };
    const remove = (): Promise<Response> =>
      call(`/v1/messages/batches/${id}`, { method: 'DELETE' });
    expect(await errorIn(await remove())).toEqual(error);
    await client.messages.batches.cancel(id);
    expect(await errorIn(await remove())).toEqual(error);
  });

  test('removes an ended batch from everywhere but the ledger', async () => {
    const { client, create, pass, simulator } = await setup();
    const { id } = await create(1);
    pass(HOUR_MS);
    expect(await client.messages.batches.delete(id)).toEqual({ id, type: 'message_batch_deleted' });
    await expect(client.messages.batches.retrieve(id)).rejects.toMatchObject({ status: 404 });
    expect((await client.messages.batches.list()).data).toEqual([]);
    expect(simulator.ledger.batches).toHaveLength(1);
    expect(await simulator.ledger.executions()).toHaveLength(1);
  });
});

describe('BatchHandle', () => {
  test('ends a batch now, with the planned results', async () => {
    const { client, create, pass, simulator } = await setup();
    simulator.setResult(({ index }) => (index === 0 ? expired() : undefined));
    const { id } = await create(3);
    pass(1_000);
    await simulator.batch(id).end();
    const batch = await client.messages.batches.retrieve(id);
    expect(batch).toMatchObject({
      processing_status: 'ended',
      ended_at: '2026-11-22T10:00:01.000141+00:00',
      request_counts: { succeeded: 2, expired: 1 },
    });
  });

  test('changes the batch time of a batch that runs', async () => {
    const { create, pass, simulator } = await setup();
    const handle = simulator.batch((await create(2)).id);
    handle.setBatchTime(5_000);
    pass(4_999);
    expect((await handle.state()).status).toBe('in_progress');
    pass(1);
    expect(await handle.state()).toMatchObject({ status: 'ended', counts: { succeeded: 2 } });
  });

  test('changes the result of a request, and refuses an unknown custom_id', async () => {
    const { create, pass, results, simulator } = await setup();
    const { id } = await create(2);
    const handle = simulator.batch(id);
    handle.setResult('r-1', errored('overloaded_error'));
    pass(HOUR_MS);
    expect(await typesOf(results(id))).toEqual(['succeeded', 'errored']);
    expect(() => {
      handle.setResult('r-2', succeeded());
    }).toThrow(RangeError);
    expect(() => simulator.batch('msgbatch_unknown')).toThrow(RangeError);
  });

  test('cancels a batch from outside the API', async () => {
    const { client, create, simulator } = await setup();
    const { id } = await create(1);
    await simulator.batch(id).cancel();
    expect(await client.messages.batches.retrieve(id)).toMatchObject({
      processing_status: 'canceling',
      cancel_initiated_at: '2026-11-22T10:00:00.000141+00:00',
    });
  });

  test('lets a batch vanish and come back', async () => {
    const { client, create, simulator } = await setup();
    const { id } = await create(1);
    simulator.batch(id).setVisible(false);
    await expect(client.messages.batches.retrieve(id)).rejects.toMatchObject({ status: 404 });
    simulator.batch(id).setVisible(true);
    await expect(client.messages.batches.retrieve(id)).resolves.toMatchObject({ id });
  });

  test('switches live counts on', async () => {
    const { create, pass, simulator } = await setup();
    const handle = simulator.batch((await create(2)).id);
    handle.setLiveCounts(true);
    pass(HOUR_MS / 2);
    expect((await handle.state()).counts).toMatchObject({ processing: 1, succeeded: 1 });
  });
});
