/**
 * Lines of the input, good and bad. No reason may repeat a word of a line: every bad line here holds the word "secret"
 * where it can.
 */
import { prepareDefaults, overlayParams } from '../../../src/core/plan/params-overlay';
import { checkRequest, toRequestText } from '../../../src/core/plan/requests';

const MODEL = '"model":"m","max_tokens":1,"messages":[{"role":"user","content":"secret"}]';
const PARAMS = `{${MODEL}}`;
const RULES = { defaults: null, apiVersion: null };

/** Levels below `params`: the body, its list, the request and `params` come first. */
const DEEPEST = 1024 - 4;

function nested(levels: number): string {
  return '{"a":['.repeat(Math.floor(levels / 2)) + ']}'.repeat(Math.floor(levels / 2));
}

/** As an application writes it that cuts a text in the middle of an emoji. */
const HALF_EMOJI = JSON.stringify({
  params: { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: '🌀'.slice(0, 1) }] },
});
const halfAt = (offset: number): string =>
  `JSON that the API refuses: half of a surrogate pair at byte offset ${offset}; cut text with \`text.slice(0, n).toWellFormed()\``;

function check(line: string | Buffer, rules: Parameters<typeof checkRequest>[1] = RULES) {
  return checkRequest(Buffer.from(line), rules);
}

describe('checkRequest', () => {
  test.each([
    { name: 'an id and params', line: `{"custom_id":"a","params":${PARAMS}}`, id: 'a' },
    { name: 'no id', line: `{"params":${PARAMS}}`, id: null },
    { name: 'another order', line: `{"params":${PARAMS},"custom_id":"a"}`, id: 'a' },
    { name: 'white space', line: ` { "custom_id" : "a" , "params" : ${PARAMS} }\t\r`, id: 'a' },
    { name: 'an escaped id', line: `{"custom_id":"\\u0061\\n","params":${PARAMS}}`, id: 'a\n' },
    { name: 'NUL in the id', line: `{"custom_id":"a\\u0000","params":${PARAMS}}`, id: 'a\0' },
    {
      name: '__proto__ as id',
      line: `{"custom_id":"__proto__","params":${PARAMS}}`,
      id: '__proto__',
    },
    {
      name: 'an emoji, escaped',
      line: `{"custom_id":"\\uD83C\\udf00","params":${PARAMS}}`,
      id: '\ud83c\udf00',
    },
    {
      name: 'a backslash before what looks like half an emoji',
      line: `{"custom_id":"\\\\ud83c","params":${PARAMS}}`,
      id: '\\ud83c',
    },
    { name: 'an escaped key', line: `{"\\u0063ustom_id":"a","params":${PARAMS}}`, id: 'a' },
    {
      name: 'a long id',
      line: `{"custom_id":"${'x'.repeat(1e6)}","params":${PARAMS}}`,
      id: 'x'.repeat(1e6),
    },
    {
      name: 'stream: false',
      line: `{"custom_id":"a","params":{${MODEL},"stream":false}}`,
      id: 'a',
    },
    {
      name: 'null where nothing is meant',
      line: `{"custom_id":"a","params":{${MODEL},"temperature":null}}`,
      id: 'a',
    },
    {
      name: 'unknown params',
      line: `{"custom_id":"a","params":{${MODEL},"new_thing":1}}`,
      id: 'a',
    },
    {
      name: 'very many tokens',
      line: `{"custom_id":"a","params":{${MODEL},"max_tokens":300001}}`,
      id: 'a',
    },
    {
      name: 'nesting as deep as the API takes it',
      line: `{"custom_id":"a","params":{${MODEL},"deep":${nested(DEEPEST)}}}`,
      id: 'a',
    },
    {
      name: 'brackets in a string',
      line: `{"custom_id":"a","params":{${MODEL},"deep":"${'['.repeat(5000)}\\"{"}}`,
      id: 'a',
    },
    {
      name: 'a number of 300 digits',
      line: `{"custom_id":"a","params":{${MODEL},"n":[${'1'.repeat(300)},-1e308,1e-999]}}`,
      id: 'a',
    },
  ])('accepts $name', ({ line, id }) => {
    expect(check(line)).toMatchObject({ customId: id });
  });

  test('keeps the bytes of id and params', () => {
    const params = `{${MODEL},"seed":12345678901234567890, "f":1.0}`;
    expect(check(`{"custom_id":"\\u0061","params":${params}}`)).toEqual({
      customId: 'a',
      customIdLiteral: Buffer.from('"\\u0061"'),
      params: Buffer.from(params),
    });
  });

  test.each<[name: string, line: string | Buffer, reason: string]>([
    ['a number', '1', 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['a list', '["secret"]', 'not a JSON object'],
    ['a string', '"secret"', 'not a JSON object'],
    ['plain text', 'secret', 'no JSON: an unexpected character at byte offset 0'],
    [
      'a torn line',
      '{"custom_id":"secret',
      'no JSON: an end in the middle of a string at byte offset 20',
    ],
    [
      'an open object',
      `{"params":${PARAMS}`,
      `no JSON: an end in the middle at byte offset ${10 + PARAMS.length}`,
    ],
    [
      'a closing comma',
      '{"custom_id":"secret",}',
      'no JSON: an unexpected character at byte offset 22',
    ],
    [
      'single quotes',
      "{'custom_id':'secret'}",
      'no JSON: an unexpected character at byte offset 1',
    ],
    ['NaN', '{"params":NaN}', 'no JSON: an unexpected character at byte offset 10'],
    ['a leading zero', '{"params":01}', 'no JSON: an unexpected character at byte offset 11'],
    ['a comment', '{} // secret', 'no JSON: more after the end of the value at byte offset 3'],
    ['two objects', '{}{"secret":1}', 'no JSON: more after the end of the value at byte offset 2'],
    [
      'a raw tab in a string',
      '{"custom_id":"sec\tret"}',
      'no JSON: a control character in a string at byte offset 17',
    ],
    [
      'a raw NUL',
      '{"custom_id":"\0"}',
      'no JSON: a control character in a string at byte offset 14',
    ],
    [
      'a wrong escape',
      '{"custom_id":"ü\\x"}',
      'no JSON: a wrong escape in a string at byte offset 16',
    ],
    ['a BOM later on', '\ufeff{}', 'no JSON: an unexpected character at byte offset 0'],
    [
      'Latin-1',
      Buffer.from('{"custom_id":"\xfc"}', 'latin1'),
      'bytes that are not UTF-8 at byte offset 14',
    ],
    [
      'UTF-16',
      Buffer.from('{"custom_id":"ü"}', 'utf16le'),
      'bytes that are not UTF-8 at byte offset 28',
    ],
    [
      'a coded surrogate',
      Buffer.from('22eda08022', 'hex'),
      'bytes that are not UTF-8 at byte offset 1',
    ],
    [
      'an overlong slash',
      Buffer.from('22c0af22', 'hex'),
      'bytes that are not UTF-8 at byte offset 1',
    ],
    ['a cut character', Buffer.from('22e697', 'hex'), 'bytes that are not UTF-8 at byte offset 1'],
    ['half an emoji', HALF_EMOJI, halfAt(HALF_EMOJI.indexOf('\\ud83c'))],
    ['the second half of an emoji', `{"custom_id":"ü\\uDF00","params":${PARAMS}}`, halfAt(16)],
    [
      'half an emoji before a whole one',
      `{"custom_id":"\\ud83c\\ud83c\\udf00","params":${PARAMS}}`,
      halfAt(14),
    ],
    [
      'half an emoji before another escape',
      `{"custom_id":"\\ud83c\\n","params":${PARAMS}}`,
      halfAt(14),
    ],
    [
      'half an emoji in a key',
      `{"params":{${MODEL},"metadata":{"\\\\\\ud83c":1}}}`,
      halfAt(12 + MODEL.length + 15),
    ],
    [
      'nesting one level too deep',
      `{"params":{${MODEL},"deep":[${nested(DEEPEST)}]}}`,
      `JSON that the API refuses: more than 1024 levels of nesting at byte offset ${12 + MODEL.length + 7 + 3 * DEEPEST}`,
    ],
    [
      'nesting a hundred thousand levels deep',
      `{"params":{"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      'JSON that the API refuses: more than 1024 levels of nesting at byte offset 1038',
    ],
    [
      'a number beyond all numbers',
      `{"params":{${MODEL},"n":[1,-1E+400]}}`,
      `JSON that the API refuses: a number beyond 1.8e308 at byte offset ${12 + MODEL.length + 7}`,
    ],
    ['no params', '{"custom_id":"secret"}', '`params` is missing'],
    ['params that are a list', '{"params":["secret"]}', '`params` must be a JSON object'],
    ['params that are null', '{"params":null}', '`params` must be a JSON object'],
    ['an empty id', `{"custom_id":"","params":${PARAMS}}`, '`custom_id` must not be empty'],
    ['a number as id', `{"custom_id":1,"params":${PARAMS}}`, '`custom_id` must be a string'],
    ['null as id', `{"custom_id":null,"params":${PARAMS}}`, '`custom_id` must be a string'],
    [
      'a misspelt id',
      `{"customId":"secret","params":${PARAMS}}`,
      'an unknown key at byte offset 1; did you mean `custom_id`?',
    ],
    ['an unknown key', `{"my secret":"x","params":${PARAMS}}`, 'an unknown key at byte offset 1'],
    [
      '__proto__ as a key',
      `{"__proto__":{},"params":${PARAMS}}`,
      'an unknown key at byte offset 1',
    ],
    ['toString as a key', `{"toString":{},"params":${PARAMS}}`, 'an unknown key at byte offset 1'],
    [
      "another provider's format",
      `{"body":${PARAMS}}`,
      'unknown key `body`; the body of the request goes into `params`; `params` is missing',
    ],
    [
      'two ids',
      `{"custom_id":"a","custom_id":"secret","params":${PARAMS}}`,
      '`custom_id` is in the line twice',
    ],
    ['two params', `{"params":${PARAMS},"params":${PARAMS}}`, '`params` is in the line twice'],
    [
      'an unknown key twice',
      `{"secret":1,"secret":1,"params":${PARAMS}}`,
      'an unknown key at byte offset 1; a duplicate key at byte offset 12',
    ],
    ['no model', '{"params":{"max_tokens":1,"messages":[]}}', '`model` is missing in `params`'],
    [
      'no max_tokens',
      '{"params":{"model":"m","messages":[]}}',
      '`max_tokens` is missing in `params`',
    ],
    ['no messages', '{"params":{"model":"m","max_tokens":1}}', '`messages` is missing in `params`'],
    [
      'nothing in params',
      '{"params":{}}',
      '`model` is missing in `params`; `max_tokens` is missing in `params`; `messages` is missing in `params`',
    ],
    [
      'a model that is no string',
      '{"params":{"model":1,"max_tokens":1,"messages":[]}}',
      '`model` must be a string that is not empty',
    ],
    [
      'an empty model',
      '{"params":{"model":"","max_tokens":1,"messages":[]}}',
      '`model` must be a string that is not empty',
    ],
    [
      'messages that are a string',
      '{"params":{"model":"m","max_tokens":1,"messages":"secret"}}',
      '`messages` must be a list',
    ],
    ['stream', `{"params":{${MODEL},"stream":true}}`, '`stream: true` is not possible in a batch'],
    [
      'fast mode',
      `{"params":{${MODEL},"speed":"fast"}}`,
      'fast mode (`speed`) is not possible in a batch',
    ],
    [
      'fallbacks',
      `{"params":{${MODEL},"fallbacks":["secret"]}}`,
      '`fallbacks` are not possible in a batch',
    ],
    [
      'betas',
      `{"params":{${MODEL},"betas":["secret"]}}`,
      '`betas` hold for a whole batch: name them in the option `betas` of the job',
    ],
    [
      'a temperature',
      `{"params":{${MODEL},"temperature":0}}`,
      'API version 2026-10-21 refuses `temperature`; leave it out, or set the option apiVersion: "2023-06-01"',
    ],
    [
      'top_p',
      `{"params":{${MODEL},"top_p":1}}`,
      'API version 2026-10-21 refuses `top_p`; leave it out, or set the option apiVersion: "2023-06-01"',
    ],
    [
      'top_k',
      `{"params":{${MODEL},"top_k":1}}`,
      'API version 2026-10-21 refuses `top_k`; leave it out, or set the option apiVersion: "2023-06-01"',
    ],
  ])('refuses %s', (_name, line, reason) => {
    const problems = check(line);
    expect(problems).toBeInstanceOf(Array);
    expect((problems as string[]).join('; ')).toBe(reason);
    expect(reason).not.toContain('secret');
  });

  test.each(['0', '-1', '1.5', '"1"', 'null', '[1]'])('refuses max_tokens: %s', (value) => {
    expect(check(`{"params":{"model":"m","max_tokens":${value},"messages":[]}}`)).toEqual([
      '`max_tokens` must be a whole number of at least 1',
    ]);
  });

  test('the older API version takes sampling parameters', () => {
    const line = `{"params":{${MODEL},"temperature":0,"top_p":1,"top_k":1}}`;
    expect(check(line, { defaults: null, apiVersion: '2023-06-01' })).toMatchObject({
      customId: null,
    });
    expect(check(line, { defaults: null, apiVersion: '2026-10-21' })).toHaveLength(3);
  });

  test('defaults complete a line, and say so where they are the problem', () => {
    const defaults = { model: 'm', max_tokens: 0, stream: true };
    const rules = { defaults, apiVersion: null };
    expect(check('{"params":{"messages":[],"max_tokens":1,"stream":false}}', rules)).toMatchObject({
      customId: null,
    });
    expect(check('{"params":{"messages":[]}}', rules)).toEqual([
      '`stream: true` is not possible in a batch (it comes from the defaults)',
      '`max_tokens` must be a whole number of at least 1 (it comes from the defaults)',
    ]);
  });
});

describe('toRequestText', () => {
  test.each([
    ['', 1, null],
    [' \t\r', 3, null],
    ['\ufeff', 1, null],
    ['\ufeff  ', 1, null],
    ['\ufeff{}', 1, '{}'],
    ['\ufeff{}', 2, '\ufeff{}'],
    ['{}\r', 1, '{}\r'],
  ])('of %j in line %i is %j', (text, number, expected) => {
    expect(toRequestText(Buffer.from(text), number)?.toString() ?? null).toBe(expected);
  });
});

describe('overlayParams', () => {
  const overlay = (defaults: string, params: string): string =>
    Buffer.concat(
      overlayParams(prepareDefaults(Buffer.from(defaults)), Buffer.from(params))
    ).toString();

  test.each([
    ['{}', '{"a":1}', '{"a":1}'],
    ['{"a":1}', '{}', '{"a":1}'],
    ['{"a":1}', '{ \n }', '{"a":1}'],
    ['{"a":1,"b":2}', '{"c":3}', '{"a":1,"b":2,"c":3}'],
    ['{"a":1,"b":2}', '{ "b" : 3 }', '{"a":1,"b" : 3 }'],
    ['{"a":1,"b":2}', '{"b":3,"a":4}', '{"b":3,"a":4}'],
    ['{"a":1}', '{"\\u0061":2}', '{"\\u0061":2}'],
    ['{"a":1,"a":2}', '{"b":3}', '{"a":2,"b":3}'],
    ['{"a":{"x":1}}', '{"a":{"y":2}}', '{"a":{"y":2}}'],
    ['{"n":12345678901234567890}', '{"m":1.0}', '{"n":12345678901234567890,"m":1.0}'],
    ['{"__proto__":1}', '{"b":2}', '{"__proto__":1,"b":2}'],
  ])('%s under %s is %s', (defaults, params, expected) => {
    expect(overlay(defaults, params)).toBe(expected);
  });
});
