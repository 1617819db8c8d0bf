/**
 * What an input is, by its first bytes: requests in a form that is taken, or something else that one sentence names.
 *
 * The sentences name no value of the input.
 *
 * @module
 */
import { findForeignLine } from './foreign-lines';
import { findJsonFault } from './json-fault';

export type InputForm =
  /** JSON Lines, or nothing that is known: each line is checked. */
  | { readonly kind: 'lines' }
  | { readonly kind: 'gzip' }
  /** A JSON array of requests, on its own or as the `requests` of the API's own body. */
  | {
      readonly kind: 'list';
      readonly isBody: boolean;
      /** Offset behind the opening bracket. */
      readonly start: number;
    }
  | { readonly kind: 'foreign'; readonly sentence: string };

/** Bytes that are enough to recognize a form. */
export const FORM_HEAD_BYTES = 64 * 1024;

const LINES: InputForm = { kind: 'lines' };

/**
 * Recognizes the form of an input.
 *
 * @param head - The first bytes, up to {@link FORM_HEAD_BYTES}.
 */
export function recognizeForm(head: Buffer): InputForm {
  const binary = findBinary(head) ?? findWideText(head);
  if (binary !== null) return binary;
  const text = head.toString('latin1');
  const start = SPACE.exec(text)?.[0].length ?? 0;
  if (text[start] === '[') return { kind: 'list', isBody: false, start: start + 1 };
  const body = BODY.exec(text);
  if (body !== null) return { kind: 'list', isBody: true, start: body[0].length };
  if (isSpread(text, start)) return foreign(SPREAD);
  const sentence = findForeignLine(head, start);
  return sentence === null ? LINES : foreign(sentence);
}

/** A byte order mark and white space, with one UTF-16 unit per byte. */
const SPACE = /^(?:\xef\xbb\xbf)?[ \t\r\n]*/;
const BODY = /^(?:\xef\xbb\xbf)?[ \t\r\n]*\{[ \t\r\n]*"requests"[ \t\r\n]*:[ \t\r\n]*\[/;

const SPREAD =
  'The input has JSON objects that are spread over several lines, and each request must be on one line: ' +
  'convert it with `jq -c . FILE > requests.jsonl`, or put the requests into one JSON array.';

function foreign(sentence: string): InputForm {
  return { kind: 'foreign', sentence };
}

interface Magic {
  readonly bytes: string;
  readonly sentence: string;
}

const AS_JSON_LINES = 'Requests are JSON Lines: export the rows as JSON, one request a line.';

/** First bytes, in hexadecimal. */
const MAGIC: readonly Magic[] = [
  {
    bytes: '504b0304',
    sentence:
      'The input is a ZIP archive or an Office document (.zip, .xlsx). Unpack an archive and run the file in it; of a spreadsheet, export the rows as JSON, one request a line.',
  },
  { bytes: '50415231', sentence: `The input is a Parquet file. ${AS_JSON_LINES}` },
  { bytes: 'd0cf11e0a1b11ae1', sentence: `The input is an Excel file (.xls). ${AS_JSON_LINES}` },
  {
    bytes: '28b52ffd',
    sentence:
      'The input is compressed with zstd, and only gzip is unpacked: use `zstd -dc FILE | message-batches run - --out DIR`.',
  },
  {
    bytes: 'fd377a585a00',
    sentence:
      'The input is compressed with xz, and only gzip is unpacked: use `xz -dc FILE | message-batches run - --out DIR`.',
  },
  {
    bytes: '425a68',
    sentence:
      'The input is compressed with bzip2, and only gzip is unpacked: use `bzip2 -dc FILE | message-batches run - --out DIR`.',
  },
];

function findBinary(head: Buffer): InputForm | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return { kind: 'gzip' };
  const start = head.toString('hex', 0, 8);
  const magic = MAGIC.find(({ bytes }) => start.startsWith(bytes));
  return magic === undefined ? null : foreign(magic.sentence);
}

/** UTF-16 by its byte order mark, or by the zero byte of each of its first two characters. */
function findWideText(head: Buffer): InputForm | null {
  const start = head.toString('hex', 0, 4);
  const encoding =
    start === 'fffe0000'
      ? 'UTF-32'
      : start.startsWith('fffe') || start.startsWith('feff')
        ? 'UTF-16'
        : /^(?!00)..00(?!00)..00/.test(start)
          ? 'UTF-16LE'
          : /^00(?!00)..00(?!00)../.test(start)
            ? 'UTF-16BE'
            : null;
  if (encoding === null) return null;
  return foreign(
    `The input is ${encoding} text, and JSON is UTF-8: convert it with \`iconv -f ${encoding} -t UTF-8 FILE > requests.jsonl\`.`
  );
}

/** Whether the first value goes on beyond its first line, as JSON and not as a line that was cut. */
function isSpread(text: string, start: number): boolean {
  if (text[start] !== '{') return false;
  const newline = text.indexOf('\n', start);
  if (newline === -1) return false;
  const next = newline + (/^\s*/.exec(text.slice(newline))?.[0].length ?? 0);
  const fault = findJsonFault(text.slice(start));
  const end = fault === null ? text.length : start + fault.offset;
  return next < end;
}
