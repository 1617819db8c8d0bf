/**
 * Goal: a batch of the largest number of requests passes through the simulator without being held in memory.
 * Method: the simulator runs in a process of its own, which reports its peak resident set.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const REQUESTS = 100_000;
const MB = 1_000_000;
const HEADERS = {
  'x-api-key': 'any',
  'anthropic-version': '2026-10-21',
  'content-type': 'application/json',
};

function* body(requests: number, paramsBytes: number): Generator<string> {
  const filler = 'x'.repeat(paramsBytes - 120);
  let pending = '{"requests":[';
  for (let index = 0; index < requests; index += 1) {
    const messages = [{ role: 'user', content: `${index} ${filler}` }];
    const params = { model: 'claude-haiku-4-5', max_tokens: 100, messages };
    pending += `${index === 0 ? '' : ','}${JSON.stringify({ custom_id: `r-${index}`, params })}`;
    if (pending.length < 64 * 1024) continue;
    yield pending;
    pending = '';
  }
  yield `${pending}]}`;
}

async function post(url: string, chunks: Iterable<string>): Promise<IncomingMessage> {
  const call = request(url, { method: 'POST', headers: HEADERS });
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(chunks), call);
  return (await answered)[0];
}

async function startProcess() {
  const child = spawn(process.execPath, [join(__dirname, 'helpers', 'simulator-process.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  return {
    url: await nextLine(),
    async peakRssBytes() {
      child.stdin.write('\n');
      return Number(await nextLine());
    },
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

describe('startSimulator', () => {
  test('takes 100,000 requests of 1 KB and gives their results within 400 MB', async () => {
    const simulator = await startProcess();
    const created = await post(`${simulator.url}/v1/messages/batches`, body(REQUESTS, 1_000));
    const batch = JSON.parse((await created.toArray()).join('')) as { results_url: string };
    const results = await fetch(batch.results_url, { headers: HEADERS });
    let lines = 0;
    for await (const chunk of results.body ?? [])
      for (const byte of chunk as Uint8Array) if (byte === 0x0a) lines += 1;
    const peak = await simulator.peakRssBytes();
    await simulator.stop();

    expect(created.statusCode).toBe(200);
    expect(lines).toBe(REQUESTS);
    expect(peak).toBeLessThan(400 * MB);
  });
});
