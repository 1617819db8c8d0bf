/**
 * Goal: every form of requests becomes the same lines, damage is noticed, and the conversions that sentences show work.
 * Method: real gzip, real files, and the shown commands in a real shell.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { checkRequest } from '../../src/core/plan/requests';
import { recognizeForm } from '../../src/core/plan/input-form';
import { openRequestLines } from '../../src/records/request-lines';
import { temporaryFolder } from '../helpers/temporary-folder';

const LINES = [1, 2, 3].map((n) =>
  JSON.stringify({ custom_id: `id ${n}`, params: { model: 'm', max_tokens: n, messages: [] } })
);
const PLAIN = `${LINES.join('\n')}\n`;
const ARRAY = `[${LINES.join(',\n')}]`;

async function* inPieces(bytes: Buffer, pieceBytes = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
  }
}

async function toText(input: string | Buffer, pieceBytes?: number): Promise<string> {
  const { bytes } = await openRequestLines(inPieces(Buffer.from(input as string), pieceBytes));
  let text = '';
  for await (const piece of bytes) text += piece.toString('latin1');
  return Buffer.from(text, 'latin1').toString();
}

describe('openRequestLines', () => {
  test.each<[name: string, input: string | Buffer, isConverted: boolean]>([
    ['JSON Lines', PLAIN, false],
    ['an array', ARRAY, true],
    ["the API's body", `{"requests": ${ARRAY}}`, true],
    ['JSON Lines as gzip', gzipSync(PLAIN), true],
    ['an array as gzip', gzipSync(ARRAY), true],
    ['gzip twice', gzipSync(gzipSync(`{"requests": ${ARRAY}}`)), true],
    [
      'gzip in two members',
      Buffer.concat([gzipSync(`${LINES[0]}\n`), gzipSync(LINES.slice(1).join('\n') + '\n')]),
      true,
    ],
  ])('%s: the same lines', async (_name, input, isConverted) => {
    for (const pieceBytes of [1, 7, 1e6]) expect(await toText(input, pieceBytes)).toBe(PLAIN);
    const opened = await openRequestLines(inPieces(Buffer.from(input as string)));
    expect(opened.isConverted).toBe(isConverted);
    await opened.close();
  });

  test('JSON Lines pass byte for byte, blank lines and byte order mark too', async () => {
    const text = `\ufeff\n${LINES[0]}\r\n\n ${LINES[1]}`;
    expect(await toText(text, 3)).toBe(text);
  });

  const whole = gzipSync(PLAIN.repeat(1000));
  test.each<[name: string, input: Buffer]>([
    ['cut off', whole.subarray(0, -9)],
    ['cut off in its head', whole.subarray(0, 5)],
    ['damaged', Buffer.concat([whole.subarray(0, 40), Buffer.alloc(40), whole.subarray(80)])],
    ['followed by something else', Buffer.concat([whole, Buffer.from(PLAIN)])],
  ])('gzip that is %s is refused', async (_name, input) => {
    await expect(toText(input)).rejects.toMatchObject({
      type: 'MessageBatch.BadRequests',
      message: expect.stringMatching(/gzip that is damaged or cut off.*Nothing was/) as string,
    });
  });

  test.each<[name: string, input: string | Buffer, says: RegExp]>([
    ['a table as gzip', gzipSync('id,prompt\n1,hello\n'), /a table/],
    ['a list of another format', '[{"recordId":"1","modelInput":{}}]', /Bedrock/],
    ['bodies in a list', '[{"requests":[]}]', /list of lists/],
    ['a list in a list', `[${ARRAY}]`, /list of lists/],
    [
      'gzip without end',
      [1, 2, 3, 4, 5].reduce((bytes) => gzipSync(bytes), Buffer.from('x')),
      /again and again/,
    ],
  ])('%s is named', async (_name, input, says) => {
    await expect(toText(input)).rejects.toMatchObject({
      type: 'MessageBatch.BadRequests',
      message: expect.stringMatching(says) as string,
    });
  });

  test('an error of the source is thrown as it is, and no source is left open', async () => {
    let open = 0;
    async function* source(error: boolean): AsyncGenerator<Buffer> {
      open++;
      try {
        yield* inPieces(gzipSync(PLAIN.repeat(10_000)), 100);
        if (error) throw new Error('the disk');
      } finally {
        open--;
      }
    }
    const read = async (input: AsyncIterable<Buffer>, piecesMax = Infinity): Promise<void> => {
      let pieces = 0;
      for await (const piece of (await openRequestLines(input)).bytes) {
        pieces += piece.length > 0 ? 1 : 0;
        if (pieces === piecesMax) return;
      }
    };
    await expect(read(source(true))).rejects.toThrow('the disk');
    await read(source(false), 1);
    await (await openRequestLines(source(false))).close();
    await (await openRequestLines(inPieces(Buffer.from(PLAIN)))).close();
    expect(open).toBe(0);
  });
});

describe('in a folder', () => {
  const folder = temporaryFolder();

  test('a pretty-printed body of 200 MB, and its gzip, take little memory', async () => {
    const path = join(folder, 'large.json.gz');
    const element = JSON.stringify(
      { custom_id: 'n', params: { model: 'm', system: 'x'.repeat(900) } },
      null,
      2
    );
    const elements = 200_000;
    async function* body(): AsyncGenerator<string> {
      yield '{\n "requests": [\n';
      for (let n = 0; n < elements; n++) {
        yield await Promise.resolve(n === 0 ? element : `,\n${element}`);
      }
      yield '\n]}';
    }
    await pipeline(body, createGzip({ level: 1 }), createWriteStream(path));
    const beforeBytes = process.memoryUsage().rss;
    let mostBytes = beforeBytes;
    let lines = 0;
    for await (const piece of (await openRequestLines(createReadStream(path))).bytes) {
      for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines++;
      mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
    }
    expect(lines).toBe(elements);
    expect(mostBytes - beforeBytes).toBeLessThan(100e6);
  }, 120_000);

  /** Runs the command that a sentence shows, and checks what it makes. */
  function convert(input: string | Buffer, more = ''): unknown[] {
    const form = recognizeForm(Buffer.from(input as string));
    if (form.kind !== 'foreign') throw new Error(`Expected a sentence, got ${form.kind}.`);
    const command = /`([^`]*FILE > requests\.jsonl)`|^(python3 [^]*)$/m.exec(form.sentence);
    const shown = command?.[1] ?? command?.[2] ?? '';
    writeFileSync(join(folder, 'input'), input);
    execFileSync('bash', ['-c', `set -e; ${shown.replace('FILE', 'input')}${more}`], {
      cwd: folder,
    });
    const bytes = execFileSync('cat', ['requests.jsonl'], { cwd: folder });
    const lines = bytes.toString().trimEnd().split('\n');
    for (const line of lines) {
      expect(
        checkRequest(Buffer.from(line), { defaults: DEFAULTS, apiVersion: null })
      ).not.toBeInstanceOf(Array);
    }
    return lines.map((line) => JSON.parse(line) as unknown);
  }
  const DEFAULTS = { model: 'm', max_tokens: 1, messages: [] };

  test.each([',', ';', '\t'])('the conversion of a table with %j works', (separator) => {
    const text =
      ['id', 'prompt', 'note'].join(separator) +
      '\r\n' +
      ['a', '"Say ""hi"", or;\nnothing 🌀"', 'x'].join(separator) +
      '\r\n\r\n' +
      ['b', 'Plain', ''].join(separator) +
      '\r\n';
    const made = convert(`\ufeff${text}`) as {
      custom_id: string;
      params: { messages: { content: string }[] };
    }[];
    expect(made.map((request) => [request.custom_id, request.params.messages[0]?.content])).toEqual(
      [
        ['a', 'Say "hi", or;\nnothing 🌀'],
        ['b', 'Plain'],
      ]
    );
    const form = recognizeForm(Buffer.from(text));
    expect(form.kind === 'foreign' && form.sentence.split('\n').slice(1)).toHaveLength(3);
  });

  test.each<[name: string, input: string | Buffer]>([
    [
      'requests over lines',
      LINES.map((line) => JSON.stringify(JSON.parse(line), null, 2)).join('\n'),
    ],
    ['UTF-16', Buffer.from(`\ufeff${PLAIN}`, 'utf16le')],
    ['UTF-16LE', Buffer.from(PLAIN, 'utf16le')],
    ['UTF-16BE', Buffer.from(PLAIN, 'utf16le').swap16()],
  ])('the conversion of %s works', (_name, input) => {
    expect(convert(input)).toEqual(LINES.map((line) => JSON.parse(line) as unknown));
  });

  test('the conversions of other formats work', () => {
    const messages = [{ role: 'user', content: 'hi' }];
    const model = 'claude-haiku-4-5';
    const own = { anthropic_version: 'v', max_tokens: 5, messages };
    const request = { custom_id: 'a', params: { model, max_tokens: 5, messages } };
    expect(convert(JSON.stringify({ recordId: 'a', modelInput: own }))).toEqual([request]);
    expect(convert(JSON.stringify({ custom_id: 'a', request: own }))).toEqual([request]);
    expect(convert(JSON.stringify({ model, max_tokens: 5, messages }))).toEqual([
      { params: request.params },
    ]);
  });
});
