/**
 * Goal: nothing that comes from outside, from a user's file to the API's answer, crashes a Worker, hangs it, or makes it pay
 * for what it should not. Method: one table; each case runs through the real Activities and must end in a clear failure
 * or to the right outcome.
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  brokenLine,
  cutMidLine,
  duplicatedLine,
  editing,
  errored,
  extraFields,
  failing,
  foreignLine,
  giganticLine,
  missingLine,
  negativeCounts,
  redirecting,
  responding,
  respondingHtml,
  respondingNothing,
  resultsUrlOn,
  slowBody,
  unknownErrorType,
  unknownResultType,
  unknownStatus,
} from '../../src/simulator';
import type { Plan } from '../../src/contract/activities';
import { jobFiles } from '../../src/records/job-files';
import { findMessageBatchFailure, type FailureType } from '../../src/contract/failures';
import { batchIdOf, createBench, GOOD_PARAMS, lineWith, type Bench } from './bench';

interface Case {
  readonly name: string;
  readonly does: (bench: Bench) => Promise<unknown>;
  /** The type of a failure, without its prefix, or what the outcome looks like. */
  readonly comesOut: string | object;
  /** What the failure says. */
  readonly says?: RegExp;
  /** How many batches are paid for, all in all. @default 0 */
  readonly pays?: number;
}

const GOOD_LINE = lineWith({ custom_id: 'a' });

const input =
  (text: string | Buffer) =>
  (bench: Bench): Promise<unknown> =>
    bench.plan(text);
const option =
  (options: object) =>
  (bench: Bench): Promise<unknown> =>
    bench.plan(undefined, options);
const requestsAt =
  (uri: (bench: Bench) => string) =>
  (bench: Bench): Promise<unknown> =>
    bench.planRaw({ requests: { uri: uri(bench) } });

/** An input of JSON Lines. */
const INPUTS: readonly Case[] = [
  { name: 'an empty file', does: input(''), comesOut: 'BadRequests', says: /it is empty/ },
  { name: 'blank lines', does: input('\n \r\n\t\n'), comesOut: 'BadRequests', says: /blank/ },
  { name: 'no last newline', does: input(GOOD_LINE.trimEnd()), comesOut: { total: 1 } },
  {
    name: 'a byte order mark and CRLF',
    does: input(`\ufeff${GOOD_LINE.trimEnd()}\r\n${lineWith({ custom_id: 'b' }).trimEnd()}\r\n`),
    comesOut: { total: 2 },
  },
  {
    name: 'a byte order mark in line 2',
    does: input(`${GOOD_LINE}\ufeff${lineWith({ custom_id: 'b' })}`),
    comesOut: 'BadRequests',
    says: /line 2/,
  },
  {
    name: 'invalid UTF-8',
    does: input(
      Buffer.concat([
        Buffer.from('{"custom_id": "'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('"}\n'),
      ])
    ),
    comesOut: 'BadRequests',
    says: /line 1: bytes that are not UTF-8 at byte offset 15/,
  },
  {
    name: 'UTF-16',
    does: input(Buffer.from(`\ufeff${GOOD_LINE}`, 'utf16le')),
    comesOut: 'BadRequests',
    says: /UTF-16.*iconv/,
  },
  {
    name: '300 MB on one line',
    does: async (bench) =>
      bench.planRaw({ requests: { uri: await bench.sparse(300_000_000, GOOD_LINE) } }),
    comesOut: 'BadRequests',
    says: /line 1: longer than \d+ bytes/,
  },
  { name: 'NUL bytes', does: input(Buffer.alloc(100)), comesOut: 'BadRequests', says: /line 1/ },
  {
    name: 'a NUL in an id',
    does: (bench) => bench.all(lineWith({ custom_id: 'a\u0000b' })),
    comesOut: { results: expect.stringMatching(/^\{"custom_id":"a\\u0000b",/) as string },
    pays: 1,
  },
  {
    name: 'nesting 100,000 deep',
    does: input(
      `{"custom_id":"a","params":{"model":"m","max_tokens":1,"messages":${'['.repeat(1e5)}${']'.repeat(1e5)}}}\n`
    ),
    comesOut: 'BadRequests',
    says: /line 1: JSON that the API refuses: more than 1024 levels of nesting at byte offset \d+/,
  },
  {
    name: 'nesting that never closes',
    does: input(`{"custom_id":"a","params":${'['.repeat(1e6)}\n`),
    comesOut: 'BadRequests',
    says: /line 1: no JSON/,
  },
  ...['__proto__', 'constructor', 'hasOwnProperty', 'toString'].map((id) => ({
    name: `the id ${id}`,
    does: (bench: Bench) => bench.all(lineWith({ custom_id: id })),
    comesOut: { results: expect.stringContaining(`"custom_id":"${id}"`) as string, failures: '' },
    pays: 1,
  })),
  {
    name: '__proto__ as a key of a line',
    does: input(
      `{"custom_id":"a","__proto__":{"params":{}},"params":${JSON.stringify(GOOD_PARAMS)}}\n`
    ),
    comesOut: 'BadRequests',
    says: /an unknown key at byte offset 17/,
  },
  {
    name: '__proto__ as a default for params',
    does: (bench) =>
      bench.planRaw({
        requests: { uri: bench.store.uriOf('nothing.jsonl') },
        params: JSON.parse('{"__proto__":{"polluted":true}}') as object,
      }),
    comesOut: 'BadReference',
  },
  ...(
    [
      ['a number', '42'],
      ['a string', '"{}"'],
      ['null', 'null'],
    ] as const
  ).map(([name, text]) => ({
    name: `${name} on a line`,
    does: input(`${text}\n`),
    comesOut: 'BadRequests',
    says: /line 1: not a JSON object/,
  })),
  ...(
    [
      ['an empty id', lineWith({ custom_id: '' }), /`custom_id` must not be empty/],
      ['a number as id', lineWith({ custom_id: 1 }), /`custom_id` must be a string/],
      ['null as id', lineWith({ custom_id: null }), /`custom_id` must be a string/],
      ['an id twice', GOOD_LINE + GOOD_LINE, /line 2: its `custom_id` is already used in line 1/],
      [
        'an id that is generated for another line',
        lineWith({ custom_id: 'item-1' }) + lineWith({}),
        /line 2: no `custom_id`, and the one it would get is already used in line 1/,
      ],
      ['a misspelt key', lineWith({ customid: 'a' }), /did you mean `custom_id`/],
      ['no params', '{"custom_id":"a"}\n', /`params` is missing/],
      ['params as a list', lineWith({ params: [] }), /`params` must be a JSON object/],
      ['stream', lineWith({ params: { ...GOOD_PARAMS, stream: true } }), /stream/],
      [
        'a duplicate key',
        GOOD_LINE.replace('{', '{"custom_id":"b",'),
        /`custom_id` is in the line twice/,
      ],
      ['a trailing comma', `${GOOD_LINE.trimEnd().slice(0, -1)},}\n`, /no JSON/],
      [
        'single quotes',
        "{'custom_id': 'a'}\n",
        /no JSON: an unexpected character at byte offset 1/,
      ],
      ['a comment', `${GOOD_LINE.trimEnd()} // a\n`, /more after the end of the value/],
      ['half of gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), /damaged or cut off/],
      ['an empty array', '[]', /it is empty/],
      ['an array that never ends', `[{"a":${'['.repeat(1e6)}`, /breaks off/],
      ['NaN for a number', GOOD_LINE.replace('16', 'NaN'), /no JSON/],
    ] as const
  ).map(([name, text, says]) => ({
    name,
    does: input(text),
    comesOut: 'BadRequests',
    says,
  })),
  {
    name: 'a whole file as one array',
    does: (bench) => bench.all(`[${GOOD_LINE.trimEnd()}]`),
    comesOut: { failures: '' },
    pays: 1,
  },
  {
    name: 'a thousand bad lines',
    does: input('{}\n'.repeat(1000)),
    comesOut: 'BadRequests',
    says: /^1000 lines are bad[^]*line 20: [^\n]*\nand 980 more/,
  },
  {
    name: 'an id of a megabyte, with newlines and emoji',
    does: (bench) => bench.all(lineWith({ custom_id: '\n🙂'.repeat(2e5) })),
    comesOut: { failures: '' },
    pays: 1,
  },
  {
    name: 'half of a surrogate pair in an id',
    does: input(GOOD_LINE.replace('"a"', '"\\ud800"')),
    comesOut: 'BadRequests',
    says: /line 1: JSON that the API refuses: half of a surrogate pair at byte offset \d+; .*toWellFormed/,
  },
];

/** Options, as JSON from any language. */
const OPTIONS: readonly Case[] = [
  ...(
    [
      ['checkMin 0', { checkMin: 0 }, /Expected `checkMin` to be at least 50 ms/],
      ['a negative checkMin', { checkMin: -1 }, /`checkMin`/],
      ['NaN', { checkMax: Number.NaN }, /`checkMax`.*NaN/],
      ['Infinity', { retryDelay: Number.POSITIVE_INFINITY }, /`retryDelay`.*Infinity/],
      ['a duration in words', { lostAnswerWait: 'soon' }, /`lostAnswerWait`.*"soon"/],
      ['a duration of years', { checkMax: '900y' }, /`checkMax`/],
      ['checkMin above checkMax', { checkMin: '1h', checkMax: '1m' }, /`checkMax`.*`checkMin`/],
      ['no attempt at all', { maxAttempts: 0 }, /`maxAttempts`/],
      ['one and a half attempts', { maxAttempts: 1.5 }, /`maxAttempts`/],
      ['a million attempts', { maxAttempts: 1e6 }, /`maxAttempts`/],
      ['attempts as text', { maxAttempts: '3' }, /`maxAttempts`/],
      [
        'a name misspelt',
        { maxAttempt: 3 },
        /Unknown name "maxAttempt".*did you mean `maxAttempts`/,
      ],
      ['a name in snake_case', { check_min: 100 }, /did you mean `checkMin`/],
      ['a name like nothing', { zzzzzzzz: 1 }, /Unknown name "zzzzzzzz" in the input\./],
      ['__proto__', JSON.parse('{"__proto__":{}}') as object, /__proto__/],
      ['betas as text', { betas: 'b' }, /`betas`/],
      ['betas that break the header', { betas: ['a\r\nx-api-key: b'] }, /`betas`/],
      ['an unknown version', { apiVersion: 'latest' }, /`apiVersion`/],
      ['an empty account', { account: '' }, /`account`/],
      ['an unknown word', { lostAnswer: 'maybe' }, /`lostAnswer`/],
      ['params as text', { params: 'system' }, /`params`/],
      ['submitTimeout 0', { submitTimeout: 0 }, /`submitTimeout`/],
    ] as const
  ).map(([name, options, says]) => ({
    name: `the option: ${name}`,
    // Spread would lose `__proto__`.
    does: (bench: Bench) =>
      bench.planRaw(
        Object.defineProperties(
          { requests: { uri: bench.store.uriOf('in.jsonl') } },
          Object.getOwnPropertyDescriptors(options)
        )
      ),
    comesOut: 'BadOptions',
    says,
  })),
  ...[null, 'text', 7, [], {}].map((value) => ({
    name: `the whole input: ${JSON.stringify(value)}`,
    does: (bench: Bench) => bench.planRaw(value),
    comesOut: 'BadOptions',
  })),
  ...['', '.', '.hidden', '../x', 'a/b', 'a b', 'ä', 'x'.repeat(201)].map((jobId) => ({
    name: `the job id: ${JSON.stringify(jobId.slice(0, 20))}`,
    does: (bench: Bench) =>
      bench.planRaw({ requests: { uri: bench.store.uriOf('in.jsonl') } }, jobId),
    comesOut: 'BadOptions',
    says: /job id/,
  })),
  {
    name: 'two problems at once: both are named',
    does: option({ checkMin: 0, maxAttempts: 0 }),
    comesOut: 'BadOptions',
    says: /`checkMin`.*`maxAttempts`/,
  },
];

/** References into the store, and objects that are not what they were. */
const REFERENCES: readonly Case[] = [
  ...(
    [
      ['outside of the store', () => 'file:///etc/passwd'],
      ['up and out', ({ store }) => `${store.uri}/../../etc/passwd`],
      ['up and out, in disguise', ({ store }) => `${store.uri}/%2e%2e/%2e%2e/etc/passwd`],
      ['with an encoded slash', ({ store }) => `${store.uri}/..%2f..%2fetc%2fpasswd`],
      ['with an encoded NUL', ({ store }) => `${store.uri}/in.jsonl%00`],
      ['the store itself', ({ store }) => store.uri],
      ['its temporary files', ({ store }) => `${store.uri}/.tmp/x`],
      ['http', () => 'http://127.0.0.1/in.jsonl'],
      ['another kind of store that does not exist', () => 'gs://bucket/in.jsonl'],
      ['on a host', () => 'file://host/in.jsonl'],
      ['to nothing', ({ store }) => store.uriOf('nothing.jsonl')],
      ['a name of 10,000 letters', ({ store }) => store.uriOf('x'.repeat(10_000))],
    ] as [string, (bench: Bench) => string][]
  ).map(([name, uri]) => ({
    name: `a reference: ${name}`,
    does: requestsAt(uri),
    comesOut: 'BadReference',
  })),
  {
    name: "a reference: another kind of store, which is another Worker's",
    does: requestsAt(() => 's3://bucket/in.jsonl'),
    comesOut: 'WrongWorker',
  },
  {
    name: 'a reference: a folder',
    does: async (bench) => {
      await mkdir(join(bench.root, 'folder'));
      return bench.planRaw({ requests: { uri: bench.store.uriOf('folder') } });
    },
    comesOut: 'BadReference',
  },
  {
    name: 'a reference: through a symbolic link that leads out',
    does: async (bench) => {
      await symlink('/etc', join(bench.root, 'link'));
      return bench.planRaw({ requests: { uri: bench.store.uriOf('link/passwd') } });
    },
    comesOut: 'BadReference',
    says: /is not in the store/,
  },
  {
    name: 'a reference: through a broken symbolic link',
    does: async (bench) => {
      await symlink('/nowhere/at/all', join(bench.root, 'link'));
      return bench.planRaw({ requests: { uri: bench.store.uriOf('link') } });
    },
    comesOut: 'BadReference',
  },
  {
    name: 'an output outside of the store',
    does: option({ output: { uri: 'file:///tmp/out' } }),
    comesOut: 'BadReference',
  },
  {
    name: "an output in another job's folder",
    does: (bench) => bench.plan(undefined, { output: { uri: bench.store.uriOf('jobs/other') } }),
    comesOut: 'BadOptions',
    says: /outside `jobs\/`/,
  },
  {
    name: "an output that holds another job's report",
    does: async (bench) => {
      await bench.store.write('out/report.json', '{"job_id":"other"}');
      return bench.plan(undefined, { output: { uri: bench.store.uriOf('out') } });
    },
    comesOut: 'BadOptions',
    says: /of another job/,
  },
  {
    name: 'params that are no object',
    does: async (bench) => {
      const { uri } = await bench.store.write('params.json', '[1]');
      return bench.plan(undefined, { params: { uri } });
    },
    comesOut: 'BadOptions',
    says: /one JSON object/,
  },
  {
    name: 'a body that changed: posts nothing',
    does: async (bench) => {
      const plan = await bench.plan();
      await bench.flip(bench.first.body);
      return bench.submit(plan);
    },
    comesOut: 'StoreDamaged',
    says: /body\.json/,
  },
  {
    name: 'a body that is longer than it was: posts nothing',
    does: async (bench) => {
      const plan = await bench.plan();
      await bench.append(bench.first.body, ' ');
      return bench.submit(plan);
    },
    comesOut: 'StoreDamaged',
  },
  {
    name: 'a body that is gone: posts nothing',
    does: async (bench) => {
      const plan = await bench.plan();
      await bench.store.remove(bench.first.body);
      return bench.submit(plan);
    },
    comesOut: 'BadReference',
  },
  {
    name: 'members that changed',
    does: async (bench) => {
      const plan = await bench.plan();
      const id = batchIdOf(await bench.submit(plan));
      await bench.flip(bench.first.members);
      return bench.collect(plan, id);
    },
    comesOut: 'StoreDamaged',
    pays: 1,
  },
  {
    name: 'an intent that is no JSON: posts nothing',
    does: async (bench) => {
      const plan = await bench.plan();
      await bench.store.write(bench.first.intent('20261122-x'), 'oops');
      return bench.submit(plan);
    },
    comesOut: 'StoreDamaged',
  },
  {
    name: 'a batch record that is another thing: posts nothing',
    does: async (bench) => {
      const plan = await bench.plan();
      await bench.store.write(bench.first.batch, '{"id":1}');
      return bench.submit(plan);
    },
    comesOut: 'StoreDamaged',
  },
  {
    name: 'an input that changed before a retry round',
    does: async (bench) => {
      bench.simulator.setResult(() => errored('overloaded_error'));
      const plan = await bench.plan();
      await bench.collect(plan, batchIdOf(await bench.submit(plan)));
      await bench.flip('in.jsonl');
      return bench.planRound(plan);
    },
    comesOut: 'StoreDamaged',
    pays: 1,
  },
  {
    name: 'outcomes that changed',
    does: async (bench) => {
      const plan = await bench.plan();
      await bench.collect(plan, batchIdOf(await bench.submit(plan)));
      await bench.flip(await bench.keyOfRun('outcomes'));
      return bench.finish(plan);
    },
    comesOut: 'StoreDamaged',
    pays: 1,
  },
  {
    name: 'any byte of the body flipped: posts nothing',
    does: async (bench) => {
      const plan = await bench.plan();
      return bench.sweep(bench.first.body, () => bench.submit(plan));
    },
    comesOut: ['MessageBatch.StoreDamaged'],
  },
  {
    name: 'any byte of the members flipped',
    does: async (bench) => {
      const plan = await bench.plan();
      const id = batchIdOf(await bench.submit(plan));
      return bench.sweep(bench.first.members, () => bench.collect(plan, id));
    },
    comesOut: ['MessageBatch.StoreDamaged'],
    pays: 1,
  },
  {
    name: 'any byte of the list for the next round flipped',
    does: async (bench) => {
      bench.simulator.setResult(() => errored('overloaded_error'));
      const plan = await bench.plan();
      await bench.collect(plan, batchIdOf(await bench.submit(plan)));
      return bench.sweep(await bench.keyOfRun('retry'), () => bench.planRound(plan));
    },
    comesOut: ['MessageBatch.StoreDamaged'],
    pays: 1,
  },
  {
    name: 'any byte of the outcomes flipped',
    does: async (bench) => {
      bench.simulator.setResult(({ index }) =>
        index === 1 ? errored('invalid_request_error') : undefined
      );
      const plan = await bench.plan();
      await bench.collect(plan, batchIdOf(await bench.submit(plan)));
      return bench.sweep(await bench.keyOfRun('outcomes'), () => bench.finish(plan));
    },
    comesOut: ['MessageBatch.StoreDamaged'],
    pays: 1,
  },
  {
    name: 'a store id that is no id',
    does: async (bench) => {
      await writeFile(join(bench.root, 'store.json'), '[]');
      return bench.plan();
    },
    comesOut: 'StoreDamaged',
  },
];

/** The small records of a chunk that was collected, and what reads each. */
const RECORDS: readonly {
  readonly record: string;
  readonly keyOf: (bench: Bench) => string | Promise<string>;
  readonly work: (bench: Bench, plan: Plan) => Promise<unknown>;
}[] = [
  {
    record: 'job.json',
    keyOf: () => jobFiles('job').job,
    work: async (bench) => {
      await bench.store.remove(jobFiles('job').plan);
      return planAgain(bench);
    },
  },
  { record: 'plan.json', keyOf: () => jobFiles('job').plan, work: (bench) => planAgain(bench) },
  {
    record: 'chunk.json',
    keyOf: ({ first }) => first.chunk,
    work: (bench, plan) => bench.submit(plan),
  },
  {
    record: 'batch.json',
    keyOf: ({ first }) => first.batch,
    work: (bench, plan) => bench.submit(plan),
  },
  {
    record: 'collected.json',
    keyOf: ({ first }) => first.collected,
    work: (bench, plan) => bench.collect(plan, 'msgbatch_any'),
  },
  {
    record: 'an intent',
    keyOf: async ({ first, store }) => {
      const [intent = '', end = ''] = (await store.list(first.intents)).sort(byLength);
      await Promise.all([first.batch, end].map((key) => store.remove(key)));
      return intent;
    },
    work: (bench, plan) => bench.submit(plan),
  },
  {
    record: "an intent's end",
    keyOf: async ({ first, store }) => {
      const [, end = ''] = (await store.list(first.intents)).sort(byLength);
      await store.remove(first.batch);
      return end;
    },
    work: (bench, plan) => bench.submit(plan),
  },
];

function planAgain(bench: Bench): Promise<unknown> {
  return bench.planRaw({ requests: { uri: bench.store.uriOf('in.jsonl') } });
}

function byLength(a: string, b: string): number {
  return a.length - b.length;
}

const DAMAGED_RECORDS: readonly Case[] = RECORDS.map(({ record, keyOf, work }) => ({
  name: `any byte of ${record} flipped: no other answer, no second payment`,
  does: async (bench) => {
    const plan = await bench.plan();
    await bench.collect(plan, batchIdOf(await bench.submit(plan)));
    return bench.sweepRecord(await keyOf(bench), () => work(bench, plan));
  },
  comesOut: ['Error: as before', 'MessageBatch.StoreDamaged'],
  pays: 1,
}));

const JSON_TEXT = { contentType: 'text/plain' } as const;

/** Answers of the server. */
const ANSWERS: readonly Case[] = [
  {
    name: 'plan: HTML',
    does: async (bench) => {
      bench.simulator.fault({ on: 'list', times: Infinity, action: respondingHtml() });
      return bench.plan();
    },
    comesOut: 'ApiUnavailable',
  },
  {
    name: 'plan: a list that is none',
    does: async (bench) => {
      bench.simulator.fault({ on: 'list', times: Infinity, action: responding(200, '{"data":7}') });
      return bench.plan();
    },
    comesOut: 'ApiUnavailable',
  },
  ...(
    [
      ['HTML instead of JSON', respondingHtml()],
      ['an empty body', respondingNothing()],
      ['half of the JSON', responding(200, '{"id":"msgb')],
      ['another JSON', responding(200, '[]')],
      ['an id that leads elsewhere', editing((body) => ({ ...body, id: '../../x' }))],
      ['a server error', { ...failing(500) }],
      ['a timeout of a proxy', responding(408, 'Request Timeout', JSON_TEXT)],
    ] as const
  ).map(([name, action]) => ({
    name: `create, executed: ${name}`,
    does: (bench: Bench) => bench.submitUnder(action, { stage: 'executed' }),
    comesOut: { state: 'unknown', requests: 3 },
    pays: 1,
  })),
  // Counts decide nothing before the end: the id that answers our own POST is the proof.
  ...(
    [
      ['negative counts', negativeCounts()],
      [
        'fewer requests than were sent',
        editing((body) => ({
          ...body,
          request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
        })),
      ],
    ] as const
  ).map(([name, action]) => ({
    name: `create, executed: ${name}`,
    does: (bench: Bench) => bench.submitUnder(action, { stage: 'executed' }),
    comesOut: { state: 'submitted', requests: 3 },
    pays: 1,
  })),
  {
    name: 'create: a redirect to another host',
    does: (bench) => bench.submitUnder(redirecting('http://127.0.0.1:9/v1/messages/batches')),
    comesOut: { state: 'unknown' },
  },
  {
    name: 'create: refused with a page of HTML',
    does: (bench) => bench.submitUnder(respondingHtml(413)),
    comesOut: 'Refused',
  },
  {
    name: 'create: an unknown status is no harm: the batch is known by its id',
    does: (bench) => bench.submitUnder(unknownStatus(), { stage: 'executed' }),
    comesOut: { state: 'submitted', requests: 3 },
    pays: 1,
  },
  {
    name: 'create: another content type and unknown fields are no harm',
    does: (bench) => bench.submitUnder(extraFields({ color: 'blue' }), { stage: 'executed' }),
    comesOut: { state: 'submitted' },
    pays: 1,
  },
  ...(
    [
      ['HTML instead of JSON', respondingHtml(), 'ApiUnavailable'],
      ['an empty body', respondingNothing(), 'ApiUnavailable'],
      [
        '17 MB of JSON',
        responding(200, JSON.stringify('x'.repeat(17 * 1024 * 1024))),
        'ApiUnavailable',
      ],
      ['a redirect', redirecting('http://127.0.0.1:9/'), 'ApiUnavailable'],
      ['an unknown status', unknownStatus(), { status: 'unknown' }],
      ['negative counts', negativeCounts(), 'UnexpectedAnswer'],
      [
        'counts that are no numbers',
        extraFields({ request_counts: { processing: '3' } }),
        'UnexpectedAnswer',
      ],
      ['another batch', extraFields({ id: 'msgbatch_01other' }), 'UnexpectedAnswer'],
      ['a time that is none', extraFields({ created_at: 'yesterday' }), 'UnexpectedAnswer'],
      ['404', failing(404), 'BatchNotFound'],
      ['403', failing(403), 'Authentication'],
      ['418 in HTML', respondingHtml(418), 'Refused'],
    ] as const
  ).map(([name, action, comesOut]) => ({
    name: `retrieve: ${name}`,
    does: (bench: Bench) => bench.checkUnder(action),
    comesOut,
    pays: 1,
  })),
  {
    name: 'retrieve: unknown fields',
    does: (bench) => bench.checkUnder(extraFields({ color: 'blue', results_url: 7 })),
    comesOut: { status: 'ended' },
    pays: 1,
  },
  {
    name: 'a results_url on another host is not followed',
    does: async (bench) => {
      bench.simulator.fault({
        on: ['create', 'retrieve', 'list'],
        times: Infinity,
        action: resultsUrlOn('http://127.0.0.1:9'),
      });
      return bench.all();
    },
    comesOut: { failures: '' },
    pays: 1,
  },
  ...(
    [
      ['HTML', respondingHtml(), 'ResultsIncomplete'],
      ['an empty body', respondingNothing(), 'ResultsIncomplete'],
      ['a redirect to another host', redirecting('http://127.0.0.1:9/'), 'ApiUnavailable'],
      ['a line that is no JSON', brokenLine(1), 'ResultsIncomplete'],
      ['a body cut in the middle of a line', cutMidLine(1, 'clean'), 'ResultsIncomplete'],
      ['a line missing', missingLine(1), 'ResultsIncomplete'],
      ['a line twice', duplicatedLine(1), 'ResultsIncomplete'],
      ["another job's line", foreignLine(), 'ResultsIncomplete'],
      ['NUL bytes', responding(200, '\u0000'.repeat(1000)), 'ResultsIncomplete'],
      ['an unknown result type', unknownResultType(), { counts: { succeeded: 2, errored: 1 } }],
      ['an error that the counts lack', unknownErrorType(), 'ResultsIncomplete'],
      ['results that stop coming', slowBody(10, 5000), 'ResultsIncomplete'],
    ] as const
  ).map(([name, action, comesOut]) => ({
    name: `results: ${name}`,
    does: (bench: Bench) => bench.collectUnder(action),
    comesOut,
    pays: 1,
  })),
  {
    name: 'results: a line of 20 MB',
    does: (bench) => bench.collectUnder(giganticLine(20_000_000, 1)),
    comesOut: { counts: { succeeded: 3, errored: 0, expired: 0, canceled: 0, missing: 0 } },
    pays: 1,
  },
  {
    name: 'results: taken as they are after the last reading, what lacks is missing',
    does: (bench) => bench.collectUnder(missingLine(1), true),
    comesOut: {
      counts: { succeeded: 2, errored: 0, expired: 0, canceled: 0, missing: 1 },
      retry: 0,
    },
    pays: 1,
  },
];

const CASES: readonly Case[] = [
  ...INPUTS,
  ...OPTIONS,
  ...REFERENCES,
  ...DAMAGED_RECORDS,
  ...ANSWERS,
];

/** Every failure is a sentence, and holds nothing of what came in. */
const SECRETS = [/Classify/, /sk-ant/, /root:/, /<html/i];

/** How the work ended, as something to compare. */
async function endOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    const found = findMessageBatchFailure(error);
    if (found === null) throw error;
    const { type, message } = found;
    return { type, message, leaks: SECRETS.filter((secret) => secret.test(message)) };
  }
}

function toExpected({ comesOut, says }: Case): object {
  if (typeof comesOut === 'object') return comesOut;
  const type = `MessageBatch.${comesOut}` as FailureType;
  return { type, message: expect.stringMatching(says ?? /\w/) as string, leaks: [] };
}

describe('hostile things', () => {
  test('there are at least sixty', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(60);
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });

  test.each(CASES)(
    '$name',
    async (each) => {
      const bench = await createBench();
      try {
        expect(await endOf(each.does(bench))).toMatchObject(toExpected(each));
        expect(bench.simulator.ledger.batches).toHaveLength(each.pays ?? 0);
      } finally {
        await bench.close();
      }
    },
    20_000
  );
});
