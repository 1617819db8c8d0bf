import { cutPage } from '../../src/api-shapes/list';
import { closeAll, errorIn, setup } from './helpers/setup';

afterEach(closeAll);

const PATH = '/v1/messages/batches';

describe('list', () => {
  test('gives 20 batches, the newest first, in the fields of the recordings', async () => {
    const { call, create } = await setup();
    const ids: string[] = [];
    for (let count = 0; count < 21; count += 1) ids.unshift((await create(1)).id);
    const page = (await (await call(PATH)).json()) as { data: { id: string }[] };
    expect(Object.keys(page)).toEqual(['data', 'has_more', 'first_id', 'last_id']);
    expect(page.data.map((batch) => batch.id)).toEqual(ids.slice(0, 20));
    expect(page).toMatchObject({ has_more: true, first_id: ids[0], last_id: ids[19] });
  });

  test('is walked by the SDK in both directions', async () => {
    const { client, create } = await setup();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.unshift((await create(1)).id);
    const older: string[] = [];
    for await (const batch of client.messages.batches.list({ limit: 2 })) older.push(batch.id);
    expect(older).toEqual(ids);
    const pages: string[][] = [];
    const oldest = ids[4] ?? '';
    for await (const page of (
      await client.messages.batches.list({ limit: 2, before_id: oldest })
    ).iterPages())
      pages.push(page.data.map((batch) => batch.id));
    expect(pages).toEqual([ids.slice(2, 4), ids.slice(0, 2)]);
  });

  test('is empty at first', async () => {
    const { call } = await setup();
    const page = await (await call(PATH)).json();
    expect(page).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
  });

  test.each(['limit=0', 'limit=1001', 'limit=x', 'limit=', 'limit=1.5', 'after_id=a&before_id=b'])(
    'refuses ?%s',
    async (query) => {
      const { call } = await setup();
      const response = await call(`${PATH}?${query}`);
      expect(response.status).toBe(400);
      expect((await errorIn(response)).type).toBe('invalid_request_error');
    }
  );

  test('is 404 for a cursor that is not there', async () => {
    const { call } = await setup();
    expect((await call(`${PATH}?after_id=msgbatch_no`)).status).toBe(404);
  });

  test('takes a limit of 1000 and passes over what it does not know', async () => {
    const { call } = await setup();
    expect((await call(`${PATH}?limit=1000&beta=true`)).status).toBe(200);
  });
});

describe('cutPage', () => {
  const all = ['e', 'd', 'c', 'b', 'a'];
  test.each([
    { query: { limit: 2, afterId: null, beforeId: null }, data: 'ed', more: true },
    { query: { limit: 5, afterId: null, beforeId: null }, data: 'edcba', more: false },
    { query: { limit: 2, afterId: 'd', beforeId: null }, data: 'cb', more: true },
    { query: { limit: 2, afterId: 'c', beforeId: null }, data: 'ba', more: false },
    { query: { limit: 2, afterId: 'a', beforeId: null }, data: '', more: false },
    { query: { limit: 2, afterId: null, beforeId: 'b' }, data: 'dc', more: true },
    { query: { limit: 2, afterId: null, beforeId: 'c' }, data: 'ed', more: false },
    { query: { limit: 2, afterId: null, beforeId: 'e' }, data: '', more: false },
  ])('of $query is "$data", more: $more', ({ query, data, more }) => {
    const page = cutPage(all, (each) => each, query);
    expect(page?.data.join('')).toBe(data);
    expect(page?.has_more).toBe(more);
  });
});
