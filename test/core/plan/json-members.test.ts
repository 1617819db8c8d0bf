import { jsonMembers } from '../../../src/core/plan/json-members';

function members(text: string): [string, string][] {
  const bytes = Buffer.from(text);
  return jsonMembers(bytes).map(({ key, start, end }) => [key, bytes.toString('utf8', start, end)]);
}

describe('jsonMembers', () => {
  test.each<{ name: string; text: string; expected: [string, string][] }>([
    { name: 'an empty object', text: '{}', expected: [] },
    { name: 'white space', text: ' \t\r\n{ \n } ', expected: [] },
    {
      name: 'every kind of value',
      text: '{"a":1,"b":"x","c":true,"d":null,"e":[1,{"f":2}],"g":{"h":[]},"i":-1.5e+9}',
      expected: [
        ['a', '1'],
        ['b', '"x"'],
        ['c', 'true'],
        ['d', 'null'],
        ['e', '[1,{"f":2}]'],
        ['g', '{"h":[]}'],
        ['i', '-1.5e+9'],
      ],
    },
    {
      name: 'white space everywhere',
      text: ' { "a" : 1 ,\n"b"\t:\r\n[ 1 , 2 ] , "c":3 } ',
      expected: [
        ['a', '1'],
        ['b', '[ 1 , 2 ]'],
        ['c', '3'],
      ],
    },
    {
      name: 'brackets and quotes in strings',
      text: '{"a":"}{][\\",\\\\","b":{"c}":"]\\""},"d":1}',
      expected: [
        ['a', '"}{][\\",\\\\"'],
        ['b', '{"c}":"]\\""}'],
        ['d', '1'],
      ],
    },
    {
      name: 'escaped keys',
      text: '{"\\u0061":1,"\\"":2,"\\\\":3,"ü":4}',
      expected: [
        ['a', '1'],
        ['"', '2'],
        ['\\', '3'],
        ['ü', '4'],
      ],
    },
    {
      name: 'a duplicate key',
      text: '{"a":1,"a":2}',
      expected: [
        ['a', '1'],
        ['a', '2'],
      ],
    },
    {
      name: 'numbers that a parser would change',
      text: '{"a":12345678901234567890,"b":1.0,"c":1e400,"__proto__":0}',
      expected: [
        ['a', '12345678901234567890'],
        ['b', '1.0'],
        ['c', '1e400'],
        ['__proto__', '0'],
      ],
    },
  ])('lists $name', ({ text, expected }) => {
    expect(members(text)).toEqual(expected);
  });

  test('looks at the given part only', () => {
    const bytes = Buffer.from('xx{"a":1}yy"z":2}');
    expect(jsonMembers(bytes, 2, 9)).toEqual([{ key: 'a', keyStart: 3, start: 7, end: 8 }]);
  });

  test('strings of every length end where they end', () => {
    for (let length = 0; length < 140; length++) {
      for (const tail of ['', '\\"', '\\\\', '\\\\\\"', '\\\\\\\\']) {
        const value = `"${'x'.repeat(length)}${tail}"`;
        expect(members(`{"a":${value},"b":0}`)).toEqual([
          ['a', value],
          ['b', '0'],
        ]);
      }
    }
  });

  test('agrees with a parser on strings of any bytes', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    for (let round = 0; round < 300; round++) {
      const alphabet = ['\\', '"', '{', '}', '[', ']', ',', ':', ' ', 'a', 'ü', '\n'];
      const text = (): string =>
        Array.from({ length: random(120) }, () => alphabet[random(12)]).join('');
      const object = { [text()]: text(), x: [text(), { [text()]: text() }], y: text() };
      const json = JSON.stringify(object, null, random(3));
      const back = members(json).map(([key, value]) => [key, JSON.parse(value) as unknown]);
      expect(Object.fromEntries(back)).toEqual(object);
    }
  });

  test('a hundred thousand levels of nesting are one value', () => {
    const value = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(members(`{"a":${value},"b":1}`).map(([, text]) => text.length)).toEqual([200_000, 1]);
  });
});
