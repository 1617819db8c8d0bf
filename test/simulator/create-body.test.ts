import { createBodyReader } from '../../src/simulator/requests/create-body';

function read(text: string, pieceBytes = Infinity): { elements: unknown[]; shape: string } {
  const elements: unknown[] = [];
  const reader = createBodyReader((element) => elements.push(element));
  const bytes = Buffer.from(text);
  const step = Math.min(pieceBytes, bytes.length);
  for (let at = 0; at < bytes.length; at += step) reader.write(bytes.subarray(at, at + step));
  return { shape: reader.end(), elements };
}

const TRICKY = JSON.stringify(
  {
    before: { requests: [1], text: '"requests":[' },
    requests: [
      { custom_id: 'a', params: { text: 'quote " brace } bracket ] backslash \\ é 😀 \n' } },
      { nested: [[[{}]], '\\"', '\\\\'] },
      [],
      'text, with ] and }',
      -1.5e3,
      true,
      null,
    ],
    after: [{ requests: 0 }],
  },
  null,
  1
);

describe('createBodyReader', () => {
  test.each([1, 2, 3, 7, 64, Infinity])(
    'finds the elements of a body that comes in pieces of %s bytes',
    (pieceBytes) => {
      const expected = (JSON.parse(TRICKY) as { requests: unknown[] }).requests;
      expect(read(TRICKY, pieceBytes)).toEqual({ shape: 'requests', elements: expected });
    }
  );

  test.each([
    { body: '{"requests":[]}', shape: 'requests' },
    { body: ' {\n} ', shape: 'no-requests' },
    { body: '{"requests": {"a": [1]}}', shape: 'requests-not-a-list' },
    { body: '{"requests": 7}', shape: 'requests-not-a-list' },
    { body: '[1, 2]', shape: 'not-an-object' },
    { body: '"text"', shape: 'not-an-object' },
    { body: '7', shape: 'not-an-object' },
  ])('$body is of the shape $shape', ({ body, shape }) => {
    expect(read(body).shape).toBe(shape);
    expect(read(body, 1).shape).toBe(shape);
  });

  test.each([
    '',
    ' ',
    '{',
    '{"requests":[',
    '{"requests":[{}',
    '{"requests":[{}]',
    '{"requests":[{},]}',
    '{"requests":[,]}',
    '{"requests":[{} {}]}',
    '{"requests":[{]}',
    '{"requests":[}]',
    '{"requests":[nope]}',
    '{"requests":[]}}',
    '{"requests":[]} x',
    '{"requests":[],}',
    '{"a" 1}',
    '{a:1}',
    '{7:1}',
    '{"a":}',
    '{"a":tru',
  ])('%j is not valid JSON', (body) => {
    expect(() => read(body)).toThrow(/: line 1 column \d+ \(char \d+\)/);
    expect(() => read(body, 1)).toThrow(/unexpected/);
  });
});
