/**
 * Goal: a chunk is paid for at most once, and what is known of it is never lost.
 * Method: the real SDK against the simulator, with answers lost, late, odd and refused at every place.
 */
import Anthropic from '@anthropic-ai/sdk';
import type { IncomingMessage } from 'node:http';
import { createAnthropicClients } from '../../../activities';
import type { Store } from '../../../src/store/store';
import {
  countsAtEnd,
  delaying,
  dropping,
  editing,
  failing,
  hanging,
  negativeCounts,
  redirecting,
  respondingHtml,
  respondingNothing,
  unknownStatus,
  type Fault,
  type FaultAction,
} from '../../../src/simulator';
import { chunkFiles } from '../../../src/records/job-files';
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

const files = chunkFiles('job', { round: 1, chunk: 0 });
let job: JobFixture;

afterEach(async () => {
  await job.close();
});

async function endsOfIntents(): Promise<(string | undefined)[]> {
  const keys = await job.store.list(files.intents);
  const names = keys.filter((key) => /intents\/[^.]+\.json$/.test(key));
  return Promise.all(
    names.map(async (key) => {
      const end = await job.store.readJson(key.replace(/\.json$/, '.end.json'));
      return (end as { end: string } | undefined)?.end;
    })
  );
}

function submit(mayPost = true): ReturnType<typeof job.activities.messageBatchSubmit> {
  return run(job.activities.messageBatchSubmit, { ...job.submitInput, mayPost });
}

describe('submit', () => {
  test('posts the body as it is in the store and records the batch', async () => {
    job = await createJob({ job: { betas: ['one-beta', 'two-beta'], apiVersion: '2023-06-01' } });
    const submission = await submit();
    const [batch] = job.simulator.ledger.batches;
    expect(submission).toMatchObject({ state: 'submitted', batchId: batch?.id, requests: 3 });
    expect(await job.store.readJson(files.batch)).toMatchObject({ batch_id: batch?.id });
    expect(await endsOfIntents()).toEqual(['accepted']);
    const [call] = job.simulator.ledger.calls.filter(({ operation }) => operation === 'create');
    expect(call?.headers).toMatchObject({
      'anthropic-beta': 'one-beta,two-beta',
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
    });
    expect(Number(call?.headers['content-length'])).toBe(await job.store.size(files.body));
  });

  test('called again it returns the batch and posts nothing', async () => {
    job = await createJob();
    const first = await submit();
    expect(await submit()).toEqual(first);
    expect(await submit(false)).toEqual(first);
    expect(job.simulator.ledger.counts.create).toBe(1);
  });

  test('the end of an intent alone is enough to know the batch', async () => {
    job = await createJob();
    const first = await submit();
    await job.store.remove(files.batch);
    const again = await submit();
    expect(again).toMatchObject({
      state: 'submitted',
      batchId: (first as { batchId: string }).batchId,
    });
    expect(job.simulator.ledger.counts.create).toBe(1);
  });

  test('without leave to post it only looks', async () => {
    job = await createJob();
    expect(await submit(false)).toEqual({ state: 'none', requests: 3 });
    expect(job.simulator.ledger.counts.create).toBe(0);
    expect(await job.store.list(files.intents)).toEqual([]);
  });

  test.each<{ name: string; fault: Fault }>([
    {
      name: 'an answer that is lost',
      fault: { on: 'create', stage: 'executed', action: dropping() },
    },
    { name: 'a connection that breaks', fault: { on: 'create', action: dropping() } },
    { name: 'a web page', fault: { on: 'create', action: respondingHtml(200) } },
    { name: 'an empty 200', fault: { on: 'create', action: respondingNothing(200) } },
    { name: 'a redirect', fault: { on: 'create', action: redirecting('http://127.0.0.1:1/') } },
    { name: 'a 500', fault: { on: 'create', action: failing(500) } },
    { name: 'a 529', fault: { on: 'create', action: failing(529) } },
    { name: 'a 408', fault: { on: 'create', action: failing(408) } },
    {
      name: 'an answer that is no batch',
      fault: { on: 'create', action: editing((batch) => ({ ...batch, type: 'job' })) },
    },
    {
      name: 'an id that is no id',
      fault: { on: 'create', action: editing((batch) => ({ ...batch, id: '../../etc' })) },
    },
  ])('after $name the end is unknown and nothing is posted again', async ({ fault }) => {
    job = await createJob();
    job.simulator.fault(fault);
    const submission = await submit();
    expect(submission).toMatchObject({ state: 'unknown', requests: 3 });
    expect(await endsOfIntents()).toEqual([undefined]);
    expect(await submit()).toEqual(submission);
    expect(await submit(false)).toEqual(submission);
    expect(job.simulator.ledger.counts.create).toBe(1);
  });

  test.each<{ name: string; action: FaultAction }>([
    { name: 'counts that are filled in at the end', action: countsAtEnd() },
    { name: 'negative counts', action: negativeCounts() },
    { name: 'an unknown status', action: unknownStatus() },
    {
      name: 'the counts of another size',
      action: editing((batch) => ({
        ...batch,
        request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      })),
    },
    {
      name: 'an id and nothing else',
      action: editing(({ id, type }) => ({ id, type })),
    },
  ])("an answer with $name proves that the batch is the chunk's", async ({ action }) => {
    job = await createJob();
    job.simulator.fault({ on: 'create', action });
    const submission = await submit();
    const [batch] = job.simulator.ledger.batches;
    expect(submission).toMatchObject({ state: 'submitted', batchId: batch?.id, requests: 3 });
    expect(Date.parse((submission as { createdAt: string }).createdAt)).not.toBeNaN();
    expect(await endsOfIntents()).toEqual(['accepted']);
    expect(await submit()).toEqual(submission);
    expect(job.simulator.ledger.counts.create).toBe(1);
  });

  test('an answer that names a batch which was listed before the POST is no answer to it', async () => {
    job = await createJob();
    const id = await submitted(job);
    await job.store.remove(files.intents);
    await job.store.remove(files.batch);
    job.simulator.fault({ on: 'create', action: editing((batch) => ({ ...batch, id })) });
    expect(await submit()).toMatchObject({ state: 'unknown' });
    expect(await endsOfIntents()).toEqual([undefined]);
  });

  test.each([
    { status: 400, type: 'MessageBatch.Refused' },
    { status: 401, type: 'MessageBatch.Authentication' },
    { status: 402, type: 'MessageBatch.Billing' },
    { status: 403, type: 'MessageBatch.Authentication' },
    { status: 404, type: 'MessageBatch.Refused' },
    { status: 409, type: 'MessageBatch.ApiUnavailable' },
    { status: 413, type: 'MessageBatch.Refused' },
    { status: 429, type: 'MessageBatch.RateLimited' },
  ])('a $status is a refusal for certain: $type, and the next call may post', async (row) => {
    job = await createJob();
    job.simulator.fault({ on: 'create', action: failing(row.status) });
    expect(await rejection(submit())).toMatchObject({ type: row.type });
    expect(await endsOfIntents()).toEqual(['refused']);
    expect(await submit()).toMatchObject({ state: 'submitted' });
    expect(job.simulator.ledger.batches).toHaveLength(1);
  });

  test('a connection that is refused leaves nothing open', async () => {
    job = await createJob();
    const gate = await startServer((request, response) => {
      // The list is answered; then the server is gone before the POST.
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      response.end('{"data":[],"has_more":false,"first_id":null,"last_id":null}', () => {
        gate.server.close();
      });
    });
    const deps = { ...job.deps, anthropic: clientsFor(gate.url) };
    const site = { ...job.submitInput.site, apiOrigin: gate.url };
    const { messageBatchSubmit } = activitiesOf(deps);
    const error = await rejection(run(messageBatchSubmit, { ...job.submitInput, site }));
    expect(error).toMatchObject({ type: 'MessageBatch.ApiUnavailable' });
    expect((error as Error).message).toContain('ECONNREFUSED');
    expect(await endsOfIntents()).toEqual(['refused']);
    expect(await submit()).toMatchObject({ state: 'submitted' });
  });

  test.each([
    { syscall: 'read', state: 'unknown' },
    { syscall: 'write', state: 'unknown' },
    { syscall: 'connect', state: undefined },
  ])('a route that is lost in $syscall: $state', async ({ syscall, state }) => {
    job = await createJob();
    const lost = Object.assign(new Error(`${syscall} EHOSTUNREACH`), {
      code: 'EHOSTUNREACH',
      syscall,
    });
    const client = new Anthropic({
      apiKey: 'k',
      baseURL: job.simulator.url,
      fetch: async (url, init) => {
        if (init?.method?.toLowerCase() === 'post') {
          throw new TypeError('fetch failed', { cause: lost });
        }
        return fetch(url, init);
      },
    });
    const anthropic = createAnthropicClients({ clients: { default: () => client } });
    const { messageBatchSubmit } = activitiesOf({ ...job.deps, anthropic });
    const end = await run(messageBatchSubmit, job.submitInput).catch(() => undefined);
    expect(end?.state).toBe(state);
    expect(await endsOfIntents()).toEqual([state === undefined ? 'refused' : undefined]);
  });

  test('at the deadline the socket is destroyed and the end is unknown', async () => {
    job = await createJob({ job: { submitTimeout: '1s' } });
    job.simulator.fault({ on: 'create', stage: 'read', action: hanging() });
    const startedAtMs = performance.now();
    expect(await submit()).toMatchObject({ state: 'unknown' });
    expect(performance.now() - startedAtMs).toBeLessThan(4000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const call = job.simulator.ledger.calls.find(({ operation }) => operation === 'create');
    expect(['aborted', 'hung']).toContain(call?.status);
    const keys = await job.store.list(files.intents);
    const key = keys.find((name) => /intents\/[^.]+\.json$/.test(name)) ?? '';
    const { deadline_ms: deadlineMs } = (await job.store.readJson(key)) as { deadline_ms: number };
    // The API's time has whole seconds, and the deadline is counted from before it was asked.
    expect(deadlineMs).toBeGreaterThanOrEqual(2000);
    expect(deadlineMs).toBeLessThan(8000);
  });

  test('an upload that the server does not read is cut off at the deadline', async () => {
    job = await createJob({ requests: 30_000, job: { submitTimeout: '1s' } });
    let received = 0;
    let upload: IncomingMessage | undefined;
    const gate = await startServer((request, response) => {
      if (request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"data":[]}');
        return;
      }
      upload = request;
      request.on('error', () => undefined);
      request.on('data', (piece: Buffer) => {
        if (received === 0) request.pause();
        received += piece.length;
      });
    });
    const deps = { ...job.deps, anthropic: clientsFor(gate.url) };
    const site = { ...job.submitInput.site, apiOrigin: gate.url };
    const { messageBatchSubmit } = activitiesOf(deps);
    const submission = await run(messageBatchSubmit, { ...job.submitInput, site });
    expect(submission.state).toBe('unknown');
    // What is read from now on is what was under way: the rest is never sent.
    upload?.resume();
    while (upload?.destroyed === false) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(upload?.complete).toBe(false);
    expect(received).toBeLessThan((await job.store.size(files.body)) ?? 0);
    await gate.close();
  });

  test('a canceled Activity still waits for its answer', async () => {
    job = await createJob();
    job.simulator.fault({ on: 'create', stage: 'executed', action: delaying(500) });
    const environment = quietEnvironment();
    const running = environment.run(job.activities.messageBatchSubmit, job.submitInput);
    environment.on('heartbeat', ({ phase }: { phase: string }) => {
      if (phase === 'posting') environment.cancel();
    });
    expect(await running).toMatchObject({ state: 'submitted' });
  });

  test('it heartbeats while it posts, and then with the id of the batch', async () => {
    job = await createJob();
    job.simulator.fault({ on: 'create', stage: 'executed', action: delaying(1500) });
    const environment = quietEnvironment();
    const beats: object[] = [];
    environment.on('heartbeat', (details: object) => beats.push(details));
    const submission = await environment.run(job.activities.messageBatchSubmit, job.submitInput);
    expect(
      beats.filter((beat) => 'phase' in beat && beat.phase === 'posting').length
    ).toBeGreaterThan(1);
    expect(beats.at(-1)).toEqual({
      phase: 'accepted',
      batchId: (submission as { batchId: string }).batchId,
    });
  });

  test('a store that is full after the answer does not lose the batch', async () => {
    job = await createJob();
    let posted = false;
    const store: Store = {
      ...job.store,
      write: (key, source) => {
        if (posted && key.includes('/chunks/')) return Promise.reject(new Error('ENOSPC'));
        return job.store.write(key, source);
      },
    };
    job.simulator.fault({
      on: 'create',
      stage: 'executed',
      action: () => {
        posted = true;
        return undefined;
      },
    });
    const { messageBatchSubmit } = activitiesOf({ ...job.deps, store });
    const submission = await run(messageBatchSubmit, job.submitInput);
    expect(submission).toMatchObject({ state: 'submitted', requests: 3 });
    // With room again, the next check of the batch writes the record.
    const { batchId } = submission as { batchId: string };
    await run(job.activities.messageBatchCheck, job.batchInput(batchId));
    expect(await job.store.readJson(files.batch)).toMatchObject({ batch_id: batchId });
  });

  test('of submissions at the same instant at most one posts', async () => {
    job = await createJob();
    for (let trial = 0; trial < 20; trial++) {
      await job.store.remove(files.intents);
      await job.store.remove(files.batch);
      const before = job.simulator.ledger.counts.create;
      const submissions = await Promise.all([submit(), submit(), submit()]);
      const posts = job.simulator.ledger.counts.create - before;
      expect(posts).toBeLessThanOrEqual(1);
      const ids = submissions.flatMap((each) => (each.state === 'submitted' ? [each.batchId] : []));
      expect(new Set(ids).size).toBe(posts);
      expect(submissions.some(({ state }) => state === 'unknown')).toBe(false);
    }
  });

  test('an intent that is closed as absent while its attempt slept is not posted', async () => {
    job = await createJob();
    const store: Store = {
      ...job.store,
      write: async (key, source) => {
        const written = await job.store.write(key, source);
        if (key.includes('/intents/') && !key.endsWith('.end.json')) {
          await job.store.write(key.replace(/\.json$/, '.end.json'), '{"end":"absent","at":""}');
        }
        return written;
      },
    };
    const { messageBatchSubmit } = activitiesOf({ ...job.deps, store });
    expect(await run(messageBatchSubmit, job.submitInput)).toMatchObject({ state: 'none' });
    expect(job.simulator.ledger.counts.create).toBe(0);
  });

  test.each([
    {
      name: 'starts after the records are read',
      readMs: 1100,
      state: 'submitted',
      end: 'accepted',
    },
    { name: 'is over before the POST', readMs: 2200, state: 'none', end: 'withdrawn' },
  ])('a deadline that $name: $state', async ({ readMs, state, end }) => {
    job = await createJob({ job: { submitTimeout: '1s' } });
    const store: Store = {
      ...job.store,
      list: async (prefix) => {
        const keys = await job.store.list(prefix);
        if (keys.length > 0) await new Promise((resolve) => setTimeout(resolve, readMs));
        return keys;
      },
    };
    const { messageBatchSubmit } = activitiesOf({ ...job.deps, store });
    expect(await run(messageBatchSubmit, job.submitInput)).toMatchObject({ state, requests: 3 });
    expect(job.simulator.ledger.counts.create).toBe(state === 'submitted' ? 1 : 0);
    expect(await endsOfIntents()).toEqual([end]);
  });

  test('a machine that sleeps between the intent and the POST does not post', async () => {
    job = await createJob();
    const now = Date.now;
    const store: Store = {
      ...job.store,
      write: async (key, source) => {
        const written = await job.store.write(key, source);
        // The wall clock goes on while a machine sleeps, the monotonic clock does not.
        if (key.includes('/intents/')) Date.now = () => now() + 3_600_000;
        return written;
      },
    };
    const { messageBatchSubmit } = activitiesOf({ ...job.deps, store });
    try {
      expect(await run(messageBatchSubmit, job.submitInput)).toMatchObject({ state: 'none' });
    } finally {
      Date.now = now;
    }
    expect(job.simulator.ledger.counts.create).toBe(0);
    expect(await endsOfIntents()).toEqual(['withdrawn']);
  });

  test('a machine that slept while the API answered counts that time in the intent', async () => {
    job = await createJob();
    const now = Date.now;
    job.simulator.fault({
      on: 'list',
      action: () => {
        Date.now = () => now() + 3_600_000;
        return undefined;
      },
    });
    try {
      await submit();
    } finally {
      Date.now = now;
    }
    const keys = await job.store.list(files.intents);
    const key = keys.find((name) => /intents\/[^.]+\.json$/.test(name)) ?? '';
    const { deadline_ms: deadlineMs } = (await job.store.readJson(key)) as { deadline_ms: number };
    expect(deadlineMs).toBeGreaterThan(3_600_000);
  });

  test("a user's middleware that repeats calls does not repeat the POST", async () => {
    job = await createJob();
    job.simulator.fault({ on: 'create', stage: 'executed', action: dropping() });
    const client = new Anthropic({
      baseURL: job.simulator.url,
      apiKey: 'sk-ant-test',
      middleware: [async (request, next) => next(request).catch(() => next(request))],
    });
    const anthropic = createAnthropicClients({ clients: { default: () => client } });
    const { messageBatchSubmit } = activitiesOf({ ...job.deps, anthropic });
    expect(await run(messageBatchSubmit, job.submitInput)).toMatchObject({ state: 'unknown' });
    expect(job.simulator.ledger.counts.create).toBe(1);
  });

  test('a body that changed in the store is not posted', async () => {
    job = await createJob();
    await job.store.write(files.body, '{"requests":[]}');
    expect(await rejection(submit())).toMatchObject({ type: 'MessageBatch.StoreDamaged' });
    expect(job.simulator.ledger.counts.create).toBe(0);
    expect(await job.store.list(files.intents)).toEqual([]);
  });
});

describe('the right Worker', () => {
  test.each([
    { name: 'another API', site: { apiOrigin: 'https://api.anthropic.com' } },
    { name: 'another store', site: { storeId: 'another' } },
    { name: 'another workspace', site: { workspaceId: 'wrkspc_other' } },
    { name: 'another organization', site: { organizationId: 'other' } },
  ])('with $name nothing is done', async ({ site }) => {
    job = await createJob();
    const input = { ...job.submitInput, site: { ...job.submitInput.site, ...site } };
    const error = await rejection(run(job.activities.messageBatchSubmit, input));
    expect(error).toMatchObject({ type: 'MessageBatch.WrongWorker' });
    for (const value of Object.values(site)) expect((error as Error).message).toContain(value);
    expect(await job.store.list(files.intents)).toEqual([]);
    expect(job.simulator.ledger.counts.create).toBe(0);
  });
});
