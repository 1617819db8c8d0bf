/**
 * What an input is by its first bytes. No sentence may repeat a word of the input: each one here holds the word "secret".
 */
import { gzipSync } from 'node:zlib';
import { recognizeForm } from '../../../src/core/plan/input-form';

const REQUEST = { custom_id: 'secret', params: { messages: [{ content: 'secret' }] } };
const LINE = JSON.stringify(REQUEST);
const BODY = JSON.stringify({ requests: [REQUEST] });

function form(input: string | Buffer) {
  return recognizeForm(Buffer.from(input as string));
}

describe('recognizeForm', () => {
  test.each<[name: string, input: string | Buffer]>([
    ['nothing', ''],
    ['blank lines', ' \n\n'],
    ['JSON Lines', `${LINE}\n${LINE}\n`],
    ['a byte order mark', `\ufeff${LINE}\n`],
    ['a line that is longer than the head', LINE.slice(0, -3)],
    ['a line that was cut', `{"custom_id":"secret",\n${LINE}\n`],
    ['a line that was cut in a string', `{"custom_id":"sec\n${LINE}\n`],
    ['blank lines between lines', `\n${LINE}\n\n\n${LINE}\n\n`],
    ['requests that are no list', '{"requests": {"uri": "secret"}}\n'],
    ['a misspelt key', '{"customId":"secret","params":{}}\n'],
    ['a comment in front', `# secret, secret\n${LINE}\n`],
    [
      'a text',
      'My secret. It is a long one, and it is told in a whole sentence of many words.\nMore.\n',
    ],
    ['a number', '1\n2\n'],
    ['zeros', Buffer.alloc(100)],
  ])('%s: lines', (_name, input) => {
    expect(form(input)).toEqual({ kind: 'lines' });
  });

  test.each<[name: string, input: string, isBody: boolean, start: number]>([
    ['an array', `[${LINE}]`, false, 1],
    ['an array over lines', JSON.stringify([REQUEST], null, 2), false, 1],
    ['an array behind a byte order mark and blank lines', `\ufeff\n [${LINE}]`, false, 6],
    ["the API's body", BODY, true, 13],
    ["the API's body over lines", JSON.stringify({ requests: [REQUEST] }, null, 2), true, 17],
  ])('%s: a list', (_name, input, isBody, start) => {
    expect(form(input)).toEqual({ kind: 'list', isBody, start });
    expect(Buffer.from(input).toString('latin1')[start - 1]).toBe('[');
  });

  test('gzip', () => {
    expect(form(gzipSync(LINE))).toEqual({ kind: 'gzip' });
  });

  test.each<[name: string, input: string | Buffer, sentence: RegExp]>([
    ['one request over lines', JSON.stringify(REQUEST, null, 2), /several lines.*jq -c/],
    [
      'requests over lines, one after the other',
      `${JSON.stringify(REQUEST, null, 2)}\n`.repeat(9),
      /several lines.*jq -c/,
    ],
    ['UTF-16 as Windows writes it', Buffer.from(`\ufeff${LINE}`, 'utf16le'), /UTF-16.*iconv/],
    ['UTF-16 without a mark', Buffer.from(LINE, 'utf16le'), /iconv -f UTF-16LE/],
    ['UTF-16 the other way round', Buffer.from(LINE, 'utf16le').swap16(), /iconv -f UTF-16BE/],
    ['a table in UTF-16', Buffer.from('\ufeffid,secret\n', 'utf16le'), /iconv -f UTF-16 /],
    ['a table', 'id,secret\n1,secret\n', /a table \(CSV\)/],
    ['a table with quotes', '\ufeff"id","secret"\r\n"1","secret, secret"\r\n', /a table \(CSV\)/],
    ['a table with semicolons', 'id;secret\n1;secret\n', /delimiter=";"/],
    ['a table with tabs', 'id\tsecret\n1\tsecret\n', /delimiter="\\t"/],
    [
      "OpenAI's batches",
      `${JSON.stringify({ custom_id: 'secret', method: 'POST', url: '/v1/chat/completions', body: {} })}\n`,
      /OpenAI.*max_tokens.*system/,
    ],
    [
      "OpenAI's batches, a long line",
      '{"custom_id":"secret","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"content":"secr',
      /OpenAI/,
    ],
    ['Bedrock', '{"recordId":"secret","modelInput":{"messages":[]}}\n', /Bedrock.*jq -c/],
    [
      'Vertex AI',
      '{"custom_id":"secret","request":{"messages":[],"anthropic_version":"vertex-2023-10-16"}}\n',
      /Vertex AI.*jq -c/,
    ],
    ['Gemini', '{"key":"secret","request":{"contents":[]}}\n', /Gemini.*max_tokens/],
    ['Gemini at Vertex', '{"request":{"contents":[{"parts":[]}]}}\n', /Gemini/],
    ['results', '{"custom_id":"secret","result":{"type":"succeeded"}}\n', /results/],
    ['bodies of messages', '{"model":"m","messages":[]}\n', /jq -c '\{params: \.\}'/],
    ['a ZIP archive', Buffer.from('504b030414000600', 'hex'), /\.zip, \.xlsx/],
    ['Parquet', Buffer.from('PAR1\x15\x04'), /Parquet/],
    ['an old Excel file', Buffer.from('d0cf11e0a1b11ae100', 'hex'), /\.xls\)/],
    ['zstd', Buffer.from('28b52ffd04', 'hex'), /zstd -dc FILE \|/],
    ['xz', Buffer.from('fd377a585a0000', 'hex'), /xz -dc FILE \|/],
    ['bzip2', Buffer.from('BZh91AY&SY'), /bzip2 -dc FILE \|/],
  ])('%s: one sentence', (_name, input, sentence) => {
    const found = form(input);
    expect(found).toEqual({ kind: 'foreign', sentence: expect.stringMatching(sentence) as string });
    expect(JSON.stringify(found)).not.toContain('secret');
  });
});
