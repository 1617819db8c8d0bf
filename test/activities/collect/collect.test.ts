/**
 * Goal: every result once, in the order of the input, byte for byte; or a failure that says how many are not there.
 * Method: the real SDK against the simulator, with result files spoiled in every way.
 */
import { createReadStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chunkFiles } from '../../../src/records/job-files';
import { parseOutcomeLine } from '../../../src/core/collect/outcome-line';
import type { CollectedRecord } from '../../../src/records/collected-record';
import type { Store } from '../../../src/store/store';
import {
  blankLine,
  brokenLine,
  canceled,
  cutAfterLine,
  cutMidLine,
  duplicatedLine,
  errored,
  expired,
  failing,
  foreignLine,
  missingLine,
  redirecting,
  resultsUrlOn,
  slowBody,
  succeeded,
  unknownErrorType,
  unknownResultType,
  withoutFinalNewline,
  type FaultAction,
} from '../../../src/simulator';
import {
  activitiesOf,
  clientsFor,
  createJob,
  quietEnvironment,
  rejection,
  run,
  startServer,
  submitted,
  type JobFixture,
} from '../job-fixture';
import { temporaryFolder } from '../../helpers/temporary-folder';

const files = chunkFiles('job', { round: 1, chunk: 0 });
let job: JobFixture;

afterEach(async () => {
  await job.close();
});

async function readLinesOf(key: string): Promise<string[]> {
  const pieces: Buffer[] = [];
  for await (const piece of job.store.read(key)) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  return text.split('\n').filter((line) => line !== '');
}

/** Key of the outcomes, or the requests to retry, that the record names. */
async function fileOfRun(kind: 'outcomes' | 'retry'): Promise<string> {
  const { run: name } = (await job.store.readJson(files.collected)) as CollectedRecord;
  return files[kind](name);
}

/** Of every collection that has written outcomes, whether they count or not. */
async function outcomeKeys(): Promise<string[]> {
  return (await job.store.list(files.folder)).filter((key) => key.endsWith('outcomes.jsonl'));
}

async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function readOutcomes(): Promise<{ position: number; attempt: number; result: string }[]> {
  return (await readLinesOf(await fileOfRun('outcomes'))).map((line) => {
    const outcome = parseOutcomeLine(Buffer.from(line));
    if (outcome === null) throw new Error('Not an outcome.');
    return { ...outcome, result: outcome.result.toString() };
  });
}

function collect(
  batchId: string,
  more: { takeAsIs?: boolean; canceledByUs?: boolean } = {}
): ReturnType<typeof job.activities.messageBatchCollect> {
  return run(job.activities.messageBatchCollect, job.collectInput(batchId, more));
}

/** Stands before the API and breaks each download behind so many lines, each after they have arrived. */
async function startBreakingLine(
  url: string,
  breaks: readonly number[]
): ReturnType<typeof startServer> {
  const left = [...breaks];
  return startServer((request, response) => {
    void (async () => {
      const { authorization = '' } = request.headers;
      const headers = { authorization, 'anthropic-version': '2026-10-21' };
      const answer = await fetch(`${url}${request.url ?? ''}`, { headers });
      const text = await answer.text();
      const after = request.url?.endsWith('/results') === true ? left.shift() : undefined;
      response.writeHead(
        answer.status,
        Object.fromEntries(
          ['content-type', 'anthropic-workspace-id'].map((name) => [
            name,
            answer.headers.get(name) ?? '',
          ])
        )
      );
      if (after === undefined) {
        response.end(text);
        return;
      }
      response.write(`${text.split('\n').slice(0, after).join('\n')}\n{"custom`);
      setTimeout(() => response.destroy(), 100);
    })();
  });
}

function ask(url: string): Promise<Response> {
  return fetch(url, { headers: { authorization: 'Bearer x', 'anthropic-version': '2026-10-21' } });
}

async function spools(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) =>
    name.startsWith(`message-batches-results-${process.pid}-`)
  );
}

describe('collect', () => {
  test('brings results into the order of the input and counts them', async () => {
    job = await createJob({ requests: 50 });
    const batchId = await submitted(job);
    const collected = await collect(batchId);
    const counts = { succeeded: 50, errored: 0, expired: 0, canceled: 0, missing: 0 };
    expect(collected).toEqual({
      batchId,
      requests: 50,
      counts,
      retry: 0,
      retryAfterAccount: 0,
      stopped: 0,
      final: counts,
    });
    const outcomes = await readOutcomes();
    expect(outcomes.map(({ position }) => position)).toEqual([...Array(50).keys()]);
    expect(await readLinesOf(await fileOfRun('retry'))).toEqual([]);
    const record = (await job.store.readJson(files.collected)) as CollectedRecord;
    expect(record).toMatchObject({ collected, stop_reasons: { end_turn: 50 } });
    expect(record.outcomes).toMatchObject({
      lines: 50,
      bytes: await job.store.size(await fileOfRun('outcomes')),
    });
    expect(BigInt(record.cost_nano_usd ?? '0')).toBeGreaterThan(0n);
    expect(record.usage.output_tokens).toBeGreaterThan(0);
  });

  test("keeps each result's bytes as the API gave them", async () => {
    job = await createJob({ requests: 1 });
    const batchId = await submitted(job);
    const result =
      '{"type" : "succeeded", "message":{"usage":{"input_tokens":1.0e1},"x":"\\u00e9\\/","n":1.50}}';
    job.simulator.fault({
      on: 'results',
      action: {
        type: 'results',
        editLine: (line) => {
          const { custom_id: id } = JSON.parse(line) as { custom_id: string };
          return [` { "result" :${result} , "custom_id":"${id}" } \r`];
        },
      },
    });
    await collect(batchId);
    expect((await readOutcomes())[0]?.result).toBe(result);
  });

  test('is idempotent: what was collected is returned without a call', async () => {
    job = await createJob();
    const batchId = await submitted(job);
    const first = await collect(batchId);
    const calls = job.simulator.ledger.calls.length;
    expect(await collect(batchId, { takeAsIs: true })).toEqual(first);
    expect(job.simulator.ledger.calls).toHaveLength(calls);
  });

  test('sorts results into done, retry and given up', async () => {
    const outcomes = [
      succeeded(),
      errored('overloaded_error'),
      errored('invalid_request_error'),
      expired(),
      canceled(),
      errored('billing_error'),
      errored('invalid_request_error', { message: 'Your credit balance is too low.' }),
    ];
    let nowMs = Date.now();
    job = await createJob({
      requests: outcomes.length,
      simulator: { result: ({ index }) => outcomes[index], now: () => Promise.resolve(nowMs) },
    });
    const batchId = await submitted(job);
    nowMs += 25 * 60 * 60 * 1000;
    const collected = await collect(batchId);
    expect(collected).toMatchObject({
      counts: { succeeded: 1, errored: 4, expired: 1, canceled: 1, missing: 0 },
      retry: 4,
      retryAfterAccount: 2,
      stopped: 0,
      final: { succeeded: 1, errored: 1, expired: 0, canceled: 1, missing: 0 },
    });
    expect(
      (await readLinesOf(await fileOfRun('retry'))).map((line) => JSON.parse(line) as unknown)
    ).toEqual([
      [1, 2, 'retry'],
      [3, 2, 'retry'],
      [5, 1, 'account'],
      [6, 1, 'account'],
    ]);
  });

  test('requests that our own cancellation stopped are no failures', async () => {
    job = await createJob({ requests: 4, simulator: { batchTimeMs: 3_600_000, cancelTimeMs: 0 } });
    const batchId = await submitted(job);
    await run(job.activities.messageBatchCancel, job.batchInput(batchId));
    await new Promise((resolve) => setTimeout(resolve, 20));
    // Not told so: a later execution of the job finds it written down.
    const collected = await collect(batchId, { canceledByUs: false });
    expect(collected).toMatchObject({ stopped: 4, retry: 0, final: { canceled: 0 } });
    const kinds = (await readLinesOf(await fileOfRun('retry'))).map(
      (line) => JSON.parse(line) as unknown[]
    );
    expect(kinds).toEqual([0, 1, 2, 3].map((position) => [position, 2, 'stopped']));
  });

  test('the last attempt of a request is final', async () => {
    job = await createJob({
      job: { maxAttempts: 1 },
      simulator: { result: () => errored('overloaded_error') },
    });
    const collected = await collect(await submitted(job));
    expect(collected).toMatchObject({ retry: 0, final: { errored: 3 } });
  });

  test.each<{ name: string; action: FaultAction }>([
    { name: 'in the middle of a line', action: cutMidLine(5) },
    { name: 'in the middle of a line with a clean end', action: cutMidLine(5, 'clean') },
    { name: 'between two lines', action: cutAfterLine(5) },
    { name: 'between two lines by a reset', action: cutAfterLine(5, 'reset') },
    { name: 'before the first line', action: cutAfterLine(0) },
  ])('a file that ends $name is noticed and read again', async ({ action }) => {
    job = await createJob({ requests: 10 });
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'results', action });
    const error = await rejection(collect(batchId));
    expect(error).toMatchObject({ type: 'MessageBatch.ResultsIncomplete', nonRetryable: false });
    expect(await job.store.size(files.collected)).toBeUndefined();
    expect(await collect(batchId)).toMatchObject({ counts: { succeeded: 10, missing: 0 } });
    expect(await spools()).toEqual([]);
  });

  test.each<{ name: string; action: FaultAction; missing: number }>([
    { name: 'a line that is no JSON', action: brokenLine(3), missing: 1 },
    { name: 'a repeated line', action: duplicatedLine(3), missing: 0 },
    { name: 'a foreign line', action: foreignLine('foreign', 3), missing: 0 },
    { name: 'a missing line', action: missingLine(3), missing: 1 },
    { name: 'lines cut off in the middle of one', action: cutMidLine(6, 'clean'), missing: 4 },
  ])('$name is a flaw; taken as it is, $missing are missing', async ({ action, missing }) => {
    job = await createJob({ requests: 10 });
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'results', action, times: Infinity });
    expect(await rejection(collect(batchId))).toMatchObject({
      type: 'MessageBatch.ResultsIncomplete',
    });
    const collected = await collect(batchId, { takeAsIs: true });
    expect(collected.counts).toMatchObject({ succeeded: 10 - missing, missing });
    expect(collected.final).toEqual(collected.counts);
    const outcomes = await readOutcomes();
    expect(outcomes.filter(({ result }) => result === '{"type":"missing"}')).toHaveLength(missing);
  });

  test.each([
    {
      name: 'here and there loses nothing, however often it was read',
      lines: [3, 4, 5],
      missing: 0,
    },
    { name: 'behind the same line every time is a torn file', lines: [6, 6, 6], missing: 4 },
  ])('a connection that breaks $name', async ({ lines, missing }) => {
    job = await createJob({ requests: 10 });
    const batchId = await submitted(job);
    const line = await startBreakingLine(job.simulator.url, lines);
    const deps = { ...job.deps, anthropic: clientsFor(line.url) };
    const input = job.collectInput(batchId, { takeAsIs: true });
    const site = { ...input.site, apiOrigin: line.url };
    const { messageBatchCollect } = activitiesOf(deps);
    const collecting = run(messageBatchCollect, { ...input, site });
    const collected = await (missing > 0 ? collecting : rejection(collecting));
    expect(collected).toMatchObject(
      missing > 0
        ? { counts: { succeeded: 10 - missing, missing } }
        : { type: 'MessageBatch.ResultsIncomplete' }
    );
    // A fourth reading gets everything.
    expect(await run(messageBatchCollect, { ...input, site })).toMatchObject({
      counts: { succeeded: 10 - missing, missing },
    });
    await line.close();
  });

  test.each<{ name: string; action: FaultAction }>([
    { name: 'a blank line', action: blankLine(1) },
    {
      name: 'a byte order mark',
      action: { type: 'results', editLine: (line, at) => [at === 0 ? `\uFEFF${line}` : line] },
    },
    { name: 'CRLF', action: { type: 'results', editLine: (line) => [`${line}\r`, '\r'] } },
  ])('$name in the results is no flaw', async ({ action }) => {
    job = await createJob();
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'results', action });
    expect(await collect(batchId)).toMatchObject({ counts: { succeeded: 3, missing: 0 } });
    for (const { result } of await readOutcomes()) expect(result).toMatch(/^\{.*\}$/);
  });

  test('a last line without its newline is whole', async () => {
    job = await createJob();
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'results', action: withoutFinalNewline() });
    expect(await collect(batchId)).toMatchObject({ counts: { succeeded: 3, missing: 0 } });
  });

  test('results that are not there yet are waited for', async () => {
    job = await createJob();
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'results', action: failing(404), times: 2 });
    for (const takeAsIs of [false, true]) {
      expect(await rejection(collect(batchId, { takeAsIs }))).toMatchObject({
        type: 'MessageBatch.ResultsIncomplete',
        nonRetryable: false,
      });
    }
    expect(await collect(batchId)).toMatchObject({ counts: { succeeded: 3 } });
  });

  test('results that the API has removed are missing only when they are taken as they are', async () => {
    let nowMs = Date.now();
    job = await createJob({ simulator: { now: () => Promise.resolve(nowMs) } });
    const batchId = await submitted(job);
    nowMs += 30 * 24 * 60 * 60 * 1000;
    expect(await rejection(collect(batchId))).toMatchObject({
      type: 'MessageBatch.ResultsIncomplete',
    });
    const collected = await collect(batchId, { takeAsIs: true });
    expect(collected.counts).toMatchObject({ succeeded: 0, missing: 3 });
  });

  test('a batch that has not ended is not collected', async () => {
    job = await createJob({ simulator: { batchTimeMs: 3_600_000 } });
    const batchId = await submitted(job);
    const error = await rejection(collect(batchId, { takeAsIs: true }));
    expect(error).toMatchObject({ type: 'MessageBatch.ResultsIncomplete' });
  });

  test('a result of an unknown type is given up as it came, and withholds no other', async () => {
    job = await createJob();
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'results', action: unknownResultType('postponed', 1) });
    expect(await collect(batchId)).toMatchObject({
      counts: { succeeded: 2, errored: 1, missing: 0 },
      final: { succeeded: 2, errored: 1 },
      retry: 0,
    });
    const types = (await readOutcomes()).map(
      ({ result }) => (JSON.parse(result) as { type: string }).type
    );
    expect(types.sort()).toEqual(['postponed', 'succeeded', 'succeeded']);
  });

  test('an error of an unknown type is given up as it came, and withholds no other', async () => {
    job = await createJob({
      simulator: { result: ({ index }) => (index === 1 ? errored('cosmic_ray_error') : undefined) },
    });
    expect(await collect(await submitted(job))).toMatchObject({
      counts: { succeeded: 2, errored: 1, missing: 0 },
      final: { succeeded: 2, errored: 1 },
      retry: 0,
    });
    expect((await readOutcomes())[1]?.result).toContain('cosmic_ray_error');
  });

  test("an unknown type does not hide that the counts differ from the batch's", async () => {
    job = await createJob();
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'results', action: unknownErrorType('cosmic_ray_error', 1) });
    expect(await rejection(collect(batchId))).toMatchObject({
      type: 'MessageBatch.ResultsIncomplete',
    });
  });

  test('an unknown type in a torn file is not believed', async () => {
    job = await createJob();
    const batchId = await submitted(job);
    job.simulator.fault({
      on: 'results',
      action: { ...unknownResultType(), ...cutAfterLine(1) },
    });
    const error = await rejection(collect(batchId));
    expect(error).toMatchObject({ type: 'MessageBatch.ResultsIncomplete' });
  });

  test('counts that differ from those of the batch are a flaw', async () => {
    job = await createJob();
    const batchId = await submitted(job);
    job.simulator.fault({
      on: 'results',
      action: {
        type: 'results',
        editLine: (line, position) =>
          position > 0 ? [line] : [line.replace(/"result":.*$/, '"result":{"type":"expired"}}')],
      },
    });
    const error = await rejection(collect(batchId));
    expect(error).toMatchObject({ type: 'MessageBatch.ResultsIncomplete' });
    expect((error as Error).message).toContain('succeeded, expired');
  });

  test('a body that stalls is given up', async () => {
    job = await createJob({ requests: 20, deps: { downloadStallMs: 200 } });
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'results', action: slowBody(500, 3000) });
    const startedAtMs = performance.now();
    expect(await rejection(collect(batchId))).toMatchObject({
      type: 'MessageBatch.ResultsIncomplete',
    });
    expect(performance.now() - startedAtMs).toBeLessThan(2000);
  });

  test('two at once that read different things leave outcomes and record of one of them', async () => {
    job = await createJob({ requests: 4 });
    const batchId = await submitted(job);
    const { store } = job.deps;
    const second = { resolve: (): void => undefined };
    const secondHasEnded = new Promise<void>((resolve) => (second.resolve = resolve));
    const holding = async (key: string): Promise<void> => {
      if (key === files.collected) await secondHasEnded;
    };
    const slowStore: Store = {
      ...store,
      write: async (key, source) => {
        await holding(key);
        return store.write(key, source);
      },
      writeNew: async (key, source) => {
        await holding(key);
        return store.writeNew(key, source);
      },
    };
    // The first gets a file that lacks a line, and is suspended before it writes its record.
    job.simulator.fault({ on: 'results', action: missingLine(1) });
    const slow = activitiesOf({ ...job.deps, store: slowStore }).messageBatchCollect;
    const first = run(slow, job.collectInput(batchId, { takeAsIs: true }));
    await eventually(async () => (await outcomeKeys()).length === 1);
    const collected = await collect(batchId);
    second.resolve();
    expect(await first).toEqual(collected);
    expect(collected.counts).toMatchObject({ succeeded: 4, missing: 0 });
    const outcomes = await readOutcomes();
    expect(outcomes.filter(({ result }) => result.includes('missing'))).toEqual([]);
    expect(await outcomeKeys()).toHaveLength(1);
  });

  test('a canceled Activity stops at once and leaves nothing behind', async () => {
    job = await createJob({ requests: 50 });
    const batchId = await submitted(job);
    job.simulator.fault({ on: 'results', action: slowBody(200, 100) });
    const environment = quietEnvironment();
    const running = environment.run(job.activities.messageBatchCollect, job.collectInput(batchId));
    setTimeout(() => {
      environment.cancel();
    }, 300);
    const startedAtMs = performance.now();
    expect(await rejection(running)).toMatchObject({ name: 'CancelledFailure' });
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
    expect(await spools()).toEqual([]);
    expect(await job.store.size(files.collected)).toBeUndefined();
  });

  test('the key goes nowhere but to the configured origin', async () => {
    job = await createJob();
    const batchId = await submitted(job);
    const seen: unknown[] = [];
    const thief = await startServer((request, response) => {
      seen.push(request.headers);
      response.end();
    });
    job.simulator.fault({ on: 'retrieve', action: resultsUrlOn(thief.url), times: Infinity });
    job.simulator.fault({ on: 'results', action: redirecting(`${thief.url}/x`) });
    expect(await rejection(collect(batchId))).toMatchObject({
      type: 'MessageBatch.ApiUnavailable',
    });
    expect(await collect(batchId)).toMatchObject({ counts: { succeeded: 3 } });
    expect(seen).toEqual([]);
    await thief.close();
  });

  test('a result of many megabytes is copied in pieces', async () => {
    job = await createJob({ requests: 3 });
    const batchId = await submitted(job);
    job.simulator.fault({
      on: 'results',
      action: {
        type: 'results',
        editLine: (line, position) =>
          position === 1
            ? [line.replace('"type":"succeeded"', `"type":"succeeded","pad":"${'é'.repeat(2e6)}"`)]
            : [line],
      },
    });
    await collect(batchId);
    const outcomes = await readOutcomes();
    expect(outcomes).toHaveLength(3);
    const long = outcomes.find(({ result }) => result.length > 1e6)?.result ?? '';
    expect((JSON.parse(long) as { pad: string }).pad).toBe('é'.repeat(2e6));
  });

  test('thirty thousand results take seconds, and memory that does not grow with them', async () => {
    job = await createJob({ requests: 30_000 });
    const batchId = await submitted(job);
    // From a file: making so many results takes the simulator longer than collecting them.
    const folder = temporaryFolder();
    const file = join(folder, 'results');
    const path = `/v1/messages/batches/${batchId}`;
    const batch = await (await ask(`${job.simulator.url}${path}`)).text();
    const results = await ask(`${job.simulator.url}${path}/results`);
    await writeFile(file, results.body ?? []);
    const server = await startServer((request, response) => {
      const isResults = request.url?.endsWith('/results') === true;
      response.writeHead(200, { 'content-type': 'application/json' });
      if (isResults) createReadStream(file).pipe(response);
      else response.end(batch);
    });
    const deps = { ...job.deps, anthropic: clientsFor(server.url) };
    const { messageBatchCollect } = activitiesOf(deps);
    const input = job.collectInput(batchId);
    const site = { ...input.site, apiOrigin: server.url };
    const before = process.memoryUsage.rss();
    let peak = before;
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10);
    // Time of the processor, the server's included: the wall's depends on who else is at work here.
    const cpu = process.cpuUsage();
    const collected = await run(messageBatchCollect, { ...input, site });
    const { user, system } = process.cpuUsage(cpu);
    clearInterval(timer);
    await server.close();
    expect(collected.counts.succeeded).toBe(30_000);
    // A bound against quadratic work, not a benchmark: other tests share the machine.
    expect((user + system) / 1e6).toBeLessThan(20);
    expect((peak - before) / 1e6).toBeLessThan(150);
  });
});
