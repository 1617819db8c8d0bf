import { parseOutcomeLine, resultTypeOf } from '../../../src/core/collect/outcome-line';

describe('parseOutcomeLine', () => {
  test('reads numbers and keeps the bytes of the result', () => {
    const result = '{"type":"errored","n":1.0,"x":",\\"result\\":"}';
    const line = `{"position":12,"attempt":3,"outcome":"give_up","result":${result}}`;
    expect(parseOutcomeLine(Buffer.from(line))).toEqual({
      position: 12,
      attempt: 3,
      result: Buffer.from(result),
    });
  });

  test.each([
    '',
    '{}',
    '{"position":,"attempt":1,"outcome":"done","result":{}}',
    '{"attempt":1,"position":1,"outcome":"done","result":{}}',
    '{"position":1,"attempt":1,"outcome":"done","result":{},',
    '{"position":1,"attempt":1,"outcome":"done"}',
  ])('%j is none', (line) => {
    expect(parseOutcomeLine(Buffer.from(line))).toBeNull();
  });
});

describe('resultTypeOf', () => {
  test.each([
    ['{"type":"succeeded","message":{}}', 'succeeded'],
    ['{"type":"missing"}', 'missing'],
    ['{"error":{"type":"error"},"type":"errored"}', 'errored'],
    ['{ "type" : "expired" }', 'expired'],
    ['{"type":"cancelled"}', null],
    ['{"type":1}', null],
    ['{}', null],
  ])('of %s is %s', (result, type) => {
    expect(resultTypeOf(Buffer.from(result))).toBe(type);
  });
});
