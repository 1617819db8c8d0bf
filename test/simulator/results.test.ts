import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import {
  blankLine,
  brokenLine,
  cutAfterLine,
  cutMidLine,
  duplicatedLine,
  foreignLine,
  giganticLine,
  keyOf,
  missingLine,
  refused,
  maxTokens,
  slowBody,
  succeeded,
  unknownErrorType,
  unknownResultType,
  withoutFinalNewline,
} from '../../src/simulator';
import type { ResultsAction } from '../../src/simulator';
import { shuffledIndexes } from '../../src/simulator/state/results';
import { HEADERS, HOUR_MS, closeAll, errorIn, paramsOf, setup } from './helpers/setup';
import type { Bundle, Json } from './helpers/setup';

afterEach(closeAll);

async function endedBatch(bundle: Bundle, requests = 3): Promise<string> {
  const { id } = await bundle.create(requests);
  bundle.pass(HOUR_MS);
  return `/v1/messages/batches/${id}/results`;
}

describe('results', () => {
  test('is 404 before the end, and for an id that is not there', async () => {
    const { call, create } = await setup();
    const { id } = await create(1);
    const early = await call(`/v1/messages/batches/${id}/results`);
    expect(early.status).toBe(404);
    expect(early.headers.get('x-should-retry')).toBe('false');
    expect(await errorIn(early)).toEqual({
      type: 'not_found_error',
      message: `Message Batch ${id} has no available results.`,
    });
    expect(await errorIn(await call('/v1/messages/batches/msgbatch_no/results'))).toEqual({
      type: 'not_found_error',
      message: 'Message Batch msgbatch_no not found.',
    });
  });

  test('streams JSON Lines in chunks, each line ended', async () => {
    const bundle = await setup();
    const response = await bundle.call(await endedBatch(bundle));
    expect(response.headers.get('content-type')).toBe('application/x-jsonl');
    expect(response.headers.get('transfer-encoding')).toBe('chunked');
    expect(response.headers.get('content-length')).toBeNull();
    const text = await response.text();
    expect(text.endsWith('}\n')).toBe(true);
    expect(text.trimEnd().split('\n')).toHaveLength(3);
  });

  test('gives every request once, in an order that is not theirs and is always the same', async () => {
    const bundle = await setup();
    const path = await endedBatch(bundle, 50);
    const idsOf = async (): Promise<string[]> => {
      const lines = (await (await bundle.call(path)).text()).trimEnd().split('\n');
      return lines.map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
    };
    const ids = await idsOf();
    const inOrder = Array.from({ length: 50 }, (_, index) => `r-${index}`);
    expect(ids).not.toEqual(inOrder);
    expect([...ids].sort()).toEqual(inOrder.sort());
    expect(await idsOf()).toEqual(ids);
  });

  test('writes a success with the fields of the API in their order', async () => {
    const bundle = await setup();
    const text = await (await bundle.call(await endedBatch(bundle, 1))).text();
    const { result } = JSON.parse(text) as { result: { type: string; message: Json } };
    expect(
      text.startsWith('{"custom_id":"r-0","result":{"type":"succeeded","message":{"id":"msg_01')
    ).toBe(true);
    expect(Object.keys(result.message)).toEqual([
      'id',
      'type',
      'role',
      'model',
      'content',
      'stop_reason',
      'stop_sequence',
      'stop_details',
      'container',
      'usage',
    ]);
    expect(Object.keys(result.message['usage'] as Json)).toEqual([
      'input_tokens',
      'cache_creation_input_tokens',
      'cache_read_input_tokens',
      'cache_creation',
      'output_tokens',
      'service_tier',
      'inference_geo',
      'server_tool_use',
    ]);
    expect(result.message).toMatchObject({
      stop_reason: 'end_turn',
      usage: { service_tier: 'batch', inference_geo: 'not_available' },
    });
  });

  test('names the key and the attempt in a text, and echoes the question', async () => {
    const { create, pass, results } = await setup();
    const { id } = await create(1);
    pass(HOUR_MS);
    const key = keyOf(paramsOf('question 0'));
    expect((await results(id)).get('r-0')).toMatchObject({
      message: {
        content: [
          {
            type: 'text',
            text: `Simulated answer to ${key.slice(0, 12)}, attempt 1: "question 0"`,
          },
        ],
      },
    });
  });

  test('gives refusals, cut answers and scripted blocks as successes', async () => {
    const { create, pass, results, simulator } = await setup();
    const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} };
    simulator.setResult(
      ({ index }) =>
        [
          refused({ category: 'bio' }),
          maxTokens(),
          succeeded({ content: [toolUse], stopReason: 'tool_use', usage: { output_tokens: 7 } }),
          succeeded('forty-two'),
        ][index]
    );
    const { id } = await create(4);
    pass(HOUR_MS);
    const lines = await results(id);
    expect(lines.get('r-0')).toMatchObject({
      message: {
        content: [],
        stop_reason: 'refusal',
        stop_details: { type: 'refusal', category: 'bio' },
      },
    });
    expect(lines.get('r-1')).toMatchObject({
      message: { stop_reason: 'max_tokens', usage: { output_tokens: 100 } },
    });
    expect(lines.get('r-2')).toMatchObject({
      message: { content: [toolUse], stop_reason: 'tool_use', usage: { output_tokens: 7 } },
    });
    expect(lines.get('r-3')).toMatchObject({ message: { content: [{ text: 'forty-two' }] } });
  });

  test('has its URL on the host that the client uses', async () => {
    const bundle = await setup();
    const path = await endedBatch(bundle, 1);
    const headers = { ...HEADERS, host: 'simulator.test:8080' };
    const call = httpRequest(`${bundle.simulator.url}${path.replace('/results', '')}`, { headers });
    call.end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const batch = JSON.parse((await response.toArray()).join('')) as Json;
    expect(batch['results_url']).toBe(`http://simulator.test:8080${path}`);
  });
});

describe('a spoiled result file', () => {
  async function spoiled(action: ResultsAction): Promise<{ clean: string[]; text: string }> {
    const bundle = await setup();
    const path = await endedBatch(bundle);
    const clean = (await (await bundle.call(path)).text()).trimEnd().split('\n');
    bundle.simulator.fault({ on: 'results', action });
    const text = await (await bundle.call(path)).text();
    expect(await (await bundle.call(path)).text()).toBe(`${clean.join('\n')}\n`);
    return { clean, text };
  }

  test.each<{ name: string; action: ResultsAction; expected: (clean: string[]) => unknown[] }>([
    {
      name: 'a duplicated line',
      action: duplicatedLine(1),
      expected: ([a, b, c]) => [a, b, b, c, ''],
    },
    { name: 'a missing line', action: missingLine(), expected: ([, b, c]) => [b, c, ''] },
    { name: 'a blank line', action: blankLine(1), expected: ([a, b, c]) => [a, '', b, c, ''] },
    { name: 'no final newline', action: withoutFinalNewline(), expected: (clean) => clean },
    { name: 'a clean end after a line', action: cutAfterLine(2), expected: ([a, b]) => [a, b, ''] },
    { name: 'a slow body', action: slowBody(100, 1), expected: (clean) => [...clean, ''] },
    {
      name: 'a line that is no JSON',
      action: brokenLine(2),
      expected: ([a, b, c = '']) => [a, b, c.slice(0, -2), ''],
    },
  ])('may have $name', async ({ action, expected }) => {
    const { clean, text } = await spoiled(action);
    expect(text.split('\n')).toEqual(expected(clean));
  });

  test('may end cleanly in the middle of a line', async () => {
    const { clean, text } = await spoiled(cutMidLine(1, 'clean'));
    const [first, rest = ''] = text.split('\n');
    expect(first).toBe(clean[0]);
    expect(clean[1]?.startsWith(rest)).toBe(true);
    expect(rest.length).toBeGreaterThan(10);
    expect(rest.length).toBeLessThan((clean[1] ?? '').length);
  });

  test('may hold a foreign line, a gigantic one, and unknown types', async () => {
    const bundle = await setup();
    const path = await endedBatch(bundle);
    for (const action of [
      foreignLine('not-mine', 0),
      giganticLine(2_000_000, 0),
      unknownResultType('postponed', 1),
      unknownErrorType('cosmic', 2),
    ])
      bundle.simulator.fault({ on: 'results', action });
    const text = await (await bundle.call(path)).text();
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { custom_id: string; result: Json });
    expect(lines.map((line) => line.custom_id)).toContain('not-mine');
    expect(text.split('\n')[0]?.length).toBeGreaterThan(2_000_000);
    expect(lines[2]?.result['type']).toBe('postponed');
    expect(lines[3]?.result).toMatchObject({
      type: 'errored',
      error: { error: { type: 'cosmic' } },
    });
  });

  test.each([
    { name: 'in the middle of a line', action: cutMidLine(1), whole: 1 },
    { name: 'after a line', action: cutAfterLine(2, 'reset'), whole: 2 },
  ])('may break off with a reset $name', async ({ action, whole }) => {
    const bundle = await setup();
    const path = await endedBatch(bundle);
    bundle.simulator.fault({ on: 'results', action });
    const response = await bundle.call(path);
    let text = '';
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk as Uint8Array);
    })();
    await expect(reading).rejects.toThrow('terminated');
    expect(text.split('\n')).toHaveLength(whole + 1);
    expect(bundle.simulator.ledger.calls.at(-1)?.status).toBe('dropped');
  });
});

describe('a script that throws in the middle of a result file', () => {
  test('breaks the file off, so that it is not taken for complete', async () => {
    const bundle = await setup();
    const path = await endedBatch(bundle);
    const editLine = (): never => {
      throw new Error('no such line');
    };
    bundle.simulator.fault({ on: 'results', action: { type: 'results', editLine } });
    await expect(bundle.call(path).then((response) => response.text())).rejects.toThrow();
    expect(bundle.simulator.ledger.calls.at(-1)?.status).toBe('dropped');
  });
});

describe('shuffledIndexes', () => {
  test('holds every index once and follows from the seed', () => {
    const order = shuffledIndexes(1_000, 'a');
    expect(new Set(order).size).toBe(1_000);
    expect(shuffledIndexes(1_000, 'a')).toEqual(order);
    expect(shuffledIndexes(1_000, 'b')).not.toEqual(order);
  });
});
