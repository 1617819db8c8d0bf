/**
 * Lines that hold something else than requests for this API: other providers' batch lines, tables, results.
 *
 * @module
 */
import { jsonMembers } from './json-members';

/**
 * Recognizes what the first line of an input is.
 *
 * @param head - The input's first bytes; the line may be longer.
 * @param start - Where the first character that is no white space is.
 * @returns One sentence, with a conversion where there is one; null when the line may be a request.
 */
export function findForeignLine(head: Buffer, start: number): string | null {
  const newline = head.indexOf(0x0a, start);
  const line = head.subarray(start, newline === -1 ? head.length : newline);
  if (line[0] !== OPEN_BRACE) return findTable(line, head.subarray(start + line.length + 1));
  const keys = keysOf(line);
  if (keys.has('params')) return null;
  return FOREIGN.find(({ has }) => has(keys, line))?.sentence ?? null;
}

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

type Keys = ReadonlyMap<string, { readonly start: number; readonly end: number }>;

interface Foreign {
  readonly has: (keys: Keys, line: Buffer) => boolean;
  readonly sentence: string;
}

const MODEL = 'claude-haiku-4-5';
const REQUEST = '{"custom_id": …, "params": {a Messages API body}}';

const FOREIGN: readonly Foreign[] = [
  {
    has: (keys) => keys.has('body') && ['method', 'url', 'custom_id'].some((key) => keys.has(key)),
    sentence: `The lines have the format of OpenAI's batches (\`custom_id\`, \`method\`, \`url\`, \`body\`): write each as ${REQUEST}, with \`max_tokens\`, and the system message as \`system\`.`,
  },
  {
    has: (keys) => keys.has('modelInput') || keys.has('recordId'),
    sentence:
      'The lines have the format of Amazon Bedrock (`recordId`, `modelInput`): convert them with ' +
      `\`jq -c '{custom_id: .recordId, params: (.modelInput | del(.anthropic_version) + {model: "${MODEL}"})}' FILE > requests.jsonl\`.`,
  },
  {
    has: (keys, line) =>
      ['anthropic_version', 'messages'].some((key) => isInRequest(keys, line, key)),
    sentence:
      'The lines have the format of Vertex AI (`custom_id`, `request`): convert them with ' +
      `\`jq -c '{custom_id, params: (.request | del(.anthropic_version) + {model: "${MODEL}"})}' FILE > requests.jsonl\`.`,
  },
  {
    has: (keys) => keys.has('request'),
    sentence: `The lines have the format of Gemini's batches (\`key\`, \`request\`): write each as ${REQUEST}, with \`contents\` as \`messages\` and \`max_tokens\`.`,
  },
  {
    has: (keys) => keys.has('custom_id') && keys.has('result'),
    sentence:
      'The lines are results of a batch (`custom_id`, `result`), not requests: name the file that the requests are in.',
  },
  {
    has: (keys) => keys.has('messages') && !keys.has('custom_id'),
    sentence:
      "The lines are bodies of the Messages API without `params`: convert them with `jq -c '{params: .}' FILE > requests.jsonl`.",
  },
];

/** Top-level keys, as far as the line is there and is JSON. */
function keysOf(line: Buffer, start = 0, end = line.length): Keys {
  try {
    return new Map(jsonMembers(line, start, end).map((member) => [member.key, member]));
  } catch {
    return new Map();
  }
}

function isInRequest(keys: Keys, line: Buffer, key: string): boolean {
  const request = keys.get('request');
  return request !== undefined && keysOf(line, request.start, request.end).has(key);
}

const SEPARATORS: readonly string[] = [',', ';', '\t'];

/** Longer fields in a first line are text rather than the names of columns. */
const COLUMN_LENGTH_MAX = 64;

/** A first line of short, different fields, and a second line of fields that is no JSON either. */
function findTable(line: Buffer, rest: Buffer): string | null {
  if (rest.length === 0 || rest[0] === OPEN_BRACE || rest[0] === OPEN_BRACKET) return null;
  const text = line.toString('latin1').trim();
  const [second = ''] = rest.toString('latin1').split('\n', 1);
  for (const separator of SEPARATORS) {
    const columns = text.split(separator).map((column) => column.trim());
    const isHeader =
      columns.length > 1 &&
      second.includes(separator) &&
      columns.every((column) => column !== '' && column.length <= COLUMN_LENGTH_MAX) &&
      new Set(columns).size === columns.length;
    if (isHeader) return toTableSentence(separator);
  }
  return null;
}

function toTableSentence(separator: string): string {
  const delimiter = separator === ',' ? '' : `, delimiter=${JSON.stringify(separator)}`;
  return [
    'The input is a table (CSV), and requests are JSON; this makes a request of each row, with the id from its first column and the prompt from its second:',
    "python3 -c 'import csv, json, sys",
    `for row in [row for row in csv.reader(sys.stdin${delimiter}) if row][1:]:`,
    `  print(json.dumps({"custom_id": row[0], "params": {"model": "${MODEL}", "max_tokens": 1024, "messages": [{"role": "user", "content": row[1]}]}}))' < FILE > requests.jsonl`,
  ].join('\n');
}
