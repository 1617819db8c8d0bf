import { LineTooLongError, readLines, type Line } from '../../src/store/lines';

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(Uint8Array.from(bytes.subarray(at, at + size)));
  }
}

async function collect(text: string, size: number, options = {}): Promise<Line[]> {
  const lines: Line[] = [];
  const source = chunks(Buffer.from(text), size);
  for await (const batch of readLines(source, { lineBytesMax: 100, ...options })) {
    lines.push(...batch);
  }
  return lines;
}

describe('readLines', () => {
  test.each([
    { name: 'nothing', text: '', expected: [] },
    { name: 'one line', text: 'a\n', expected: ['a'] },
    { name: 'no last newline', text: 'a\nbc', expected: ['a', 'bc'] },
    { name: 'blank lines', text: '\n\na\n\n', expected: ['', '', 'a', ''] },
    { name: 'carriage returns', text: 'a\r\nb\rc\r\n', expected: ['a\r', 'b\rc\r'] },
    { name: 'many bytes a character', text: 'ü日\n本𝄞\n', expected: ['ü日', '本𝄞'] },
    { name: 'other line breaks', text: 'a\u2028b\u0085c\n', expected: ['a\u2028b\u0085c'] },
  ])('splits $name, whatever the size of the chunks', async ({ text, expected }) => {
    for (let size = 1; size <= 12; size++) {
      const lines = await collect(text, size);
      expect(lines.map(({ bytes }) => bytes.toString())).toEqual(expected);
      expect(lines.map(({ number }) => number)).toEqual(expected.map((_, index) => index + 1));
      const ends = lines.map(({ terminated }) => terminated);
      expect(ends).toEqual(expected.map((_, i) => i < expected.length - 1 || text.endsWith('\n')));
    }
  });

  test('cuts a carriage return off only when asked, and only before a newline', async () => {
    for (let size = 1; size <= 8; size++) {
      const lines = await collect('a\r\n\r\nb\r\r\nc\r', size, { stripReturn: true });
      expect(lines.map(({ bytes }) => bytes.toString())).toEqual(['a', '', 'b\r', 'c\r']);
    }
  });

  test.each([
    { name: 'in the middle', text: `a\n${'x'.repeat(101)}\nb\n` },
    { name: 'without an end', text: `a\n${'x'.repeat(5000)}` },
  ])('names a line that is too long: $name', async ({ text }) => {
    for (const size of [1, 7, 50, 10_000]) {
      const error: unknown = await collect(text, size).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(LineTooLongError);
      expect(error).toMatchObject({ line: 2, lineBytesMax: 100 });
    }
  });

  test('a line of just the longest length passes', async () => {
    const lines = await collect(`${'x'.repeat(100)}\n${'y'.repeat(100)}`, 33);
    expect(lines.map(({ bytes }) => bytes.length)).toEqual([100, 100]);
  });

  test('a line of 64 MB in small chunks takes linear time', async () => {
    const bytes = Buffer.alloc(64 << 20, 'x');
    bytes[bytes.length - 1] = 0x0a;
    const startedMs = performance.now();
    let length = 0;
    const source = chunks(bytes, 4096);
    for await (const batch of readLines(source, { lineBytesMax: 1 << 30 })) {
      length += batch[0]?.bytes.length ?? 0;
    }
    expect(length).toBe(bytes.length - 1);
    // Quadratic time would take minutes.
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });
});
