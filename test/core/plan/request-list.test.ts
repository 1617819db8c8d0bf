/**
 * Lists of requests as JSON Lines, in pieces of every size. Bad lists: the offset is that of the input.
 */
import { createListReader } from '../../../src/core/plan/request-list';
import { recognizeForm } from '../../../src/core/plan/input-form';

function convert(text: string, pieceBytes: number): string {
  const bytes = Buffer.from(text);
  const form = recognizeForm(bytes);
  if (form.kind !== 'list') throw new Error(`Expected a list, got ${form.kind}.`);
  const reader = createListReader(form.isBody, form.start);
  const lines: Buffer[] = [];
  for (let at = form.start; at < bytes.length; at += pieceBytes) {
    lines.push(Buffer.from(reader.push(bytes.subarray(at, at + pieceBytes))));
  }
  reader.end();
  return Buffer.concat(lines).toString();
}

/** Numbers and escapes that a parser would write differently. */
const TRICKY = [
  '{"custom_id":"\\u0061 ] } , \\" \\\\","params": {"n":12345678901234567890,"f":1.0, "e":1E+2}}',
  '{"nested":[[[{}],"\\\\\\""],{"é😀":null}]}',
  '[]',
  '"text, with ] and }"',
  '-1.5e3',
  'true',
];

describe('createListReader', () => {
  describe.each([1, 2, 3, 7, 1000])('in pieces of %i bytes', (pieceBytes) => {
    test('keeps every byte of elements that are on one line', () => {
      const lines = TRICKY.map((line) => `${line}\n`).join('');
      expect(convert(`[${TRICKY.join(',')}]`, pieceBytes)).toBe(lines);
      expect(convert(`[${TRICKY.join(' ,\n  ')}]\n`, pieceBytes).replace(/ \n/g, '\n')).toBe(lines);
      expect(convert(`\ufeff{"requests" : [${TRICKY.join(',')}]}\r\n`, pieceBytes)).toBe(lines);
    });

    test.each([2, '\t'])('puts pretty-printed elements on a line each (%j)', (indent) => {
      const list = [{ custom_id: 'a b', params: { n: [1, 2, {}], t: 'x\ny  z' } }, {}, [[], 'b']];
      for (const value of [list, { requests: list }]) {
        for (const text of [
          JSON.stringify(value, null, indent),
          JSON.stringify(value, null, indent).replace(/\n/g, '\r\n'),
        ]) {
          const lines = convert(text, pieceBytes).trimEnd().split('\n');
          expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(list);
          expect(convert(text, pieceBytes)).toContain('"t": "x\\ny  z"');
        }
      }
    });

    test.each([
      ['[]', ''],
      ['{"requests":[ ]} ', ''],
      // What was no JSON stays none: nothing grows together.
      ['[{"n":1\n2}]', '{"n":1 2}\n'],
      ['[tr\nue]', 'tr ue\n'],
      ['["a"\n"b"]', '"a" "b"\n'],
    ])('%j', (text, lines) => {
      expect(convert(text, pieceBytes)).toBe(lines);
    });

    test.each([
      ['[', 'a JSON array, and it breaks off at byte offset 1'],
      ['[{}', 'it breaks off at byte offset 3'],
      ['[{"a', 'it breaks off at byte offset 4'],
      ['[{]}]', 'it is no JSON at byte offset 3'],
      ['[{},]', 'it is no JSON at byte offset 4'],
      ['[,]', 'it is no JSON at byte offset 1'],
      ['[{} {}]', 'it is no JSON at byte offset 4'],
      ['[{}]\n[{}]', 'something follows its end at byte offset 5'],
      ['["a\nb"]', 'a string has a line break at byte offset 3'],
      ['["a\\\nb"]', 'a string has a line break at byte offset 4'],
      ['{"requests":[{}]', "the API's own body, and it breaks off at byte offset 16"],
      ['{"requests":[{}]]', 'it is no JSON at byte offset 16'],
      ['{"requests":[{}],"model":1}', 'has more than `requests` at byte offset 16'],
      ['{"requests":[]}\n{"requests":[]}', 'something follows its end at byte offset 16'],
    ])('refuses %j', (text, problem) => {
      expect(() => convert(text, pieceBytes)).toThrow(problem);
    });
  });
});
