import { createConnection } from 'node:net';
import { once } from 'node:events';
import { delaying, startSimulator } from '../../src/simulator';
import { HEADERS, closeAll, paramsOf, setup } from './helpers/setup';

afterEach(closeAll);

describe('startSimulator', () => {
  test('keeps real time where it is given no clock', async () => {
    const simulator = await startSimulator({ batchTimeMs: 30 });
    const post = await fetch(`${simulator.url}/v1/messages/batches`, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify({ requests: [{ custom_id: 'a', params: paramsOf('hi') }] }),
    });
    const { id, created_at: createdAt } = (await post.json()) as Record<string, string>;
    expect(Math.abs(Date.parse(String(createdAt)) - Date.now())).toBeLessThan(5_000);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect((await simulator.batch(String(id)).state()).status).toBe('ended');
    await simulator.close();
  });

  test('gives ids that differ from run to run, unless it has a seed', async () => {
    const idOf = async (seed?: string): Promise<string> => {
      const { create, simulator } = await setup();
      if (seed === undefined) {
        const other = await startSimulator();
        const id = await createOn(other.url);
        await other.close();
        return id;
      }
      await create(1);
      return simulator.batches()[0]?.id ?? '';
    };
    expect(await idOf()).not.toBe(await idOf());
    expect(await idOf('test')).toBe(await idOf('test'));
  });

  test('refuses unknown options by name, and says the new name of a renamed one', async () => {
    const result = (): undefined => undefined;
    const start = (options: object): Promise<unknown> => startSimulator(options);
    await expect(start({ outcome: result })).rejects.toThrow(/`outcome` is now called `result`/);
    await expect(start({ batchTime: 1 })).rejects.toThrow(
      /Unknown option `batchTime`.*batchTimeMs/
    );
    const { simulator } = await setup();
    const configure = (change: object) => (): void => {
      simulator.configure(change);
    };
    expect(configure({ outcome: result })).toThrow(/`outcome` is now called `result`/);
    expect(configure({ seed: 'x' })).toThrow(/Unknown option `seed`/);
  });

  test('fails where its port is taken', async () => {
    const { simulator } = await setup();
    await expect(startSimulator({ port: simulator.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  test('closes connections that wait, and may be closed twice', async () => {
    const { simulator } = await setup();
    const socket = createConnection(simulator.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('GET /v1/models HTTP/1.1\r\nhost: x\r\n');
    const closed = new Promise((resolve) =>
      socket.once('close', () => {
        resolve('closed');
      })
    );
    await simulator.close();
    await simulator.close();
    expect(await closed).toBe('closed');
  });

  test('survives a client that goes away before its answer', async () => {
    const { call, simulator } = await setup();
    simulator.fault({ on: 'list', stage: 'executed', action: delaying(200) });
    const stop = new AbortController();
    const gone = fetch(`${simulator.url}/v1/messages/batches`, {
      headers: HEADERS,
      signal: stop.signal,
    });
    while (simulator.ledger.counts.list === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await expect(gone).rejects.toThrow('aborted');
    while (simulator.ledger.calls[0]?.status !== 'aborted')
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await call('/v1/models')).status).toBe(200);
  });

  test('lets a client stop in the middle of a result file', async () => {
    const { call, create, pass, simulator } = await setup();
    const { id } = await create(2_000);
    pass(3_600_000);
    const stop = new AbortController();
    const response = await fetch(`${simulator.url}/v1/messages/batches/${id}/results`, {
      headers: HEADERS,
      signal: stop.signal,
    });
    stop.abort();
    await expect(response.text()).rejects.toThrow('aborted');
    expect((await call('/v1/models')).status).toBe(200);
  });
});

async function createOn(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/messages/batches`, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify({ requests: [{ custom_id: 'a', params: paramsOf('hi') }] }),
  });
  return ((await response.json()) as { id: string }).id;
}
