/**
 * The demo's questions, and the answers that the simulator gives to them.
 *
 * A simulated answer is computed from the document in the request, and says that it is simulated.
 */
import { createHash } from 'node:crypto';
import type { BatchRequest } from '../../client/request-source';
import { errored, succeeded, type ScriptedResult, type ScriptedRequest } from '../../simulator';
import type { PackageDocument } from './documents';

export const DEMO_MODEL = 'claude-haiku-4-5';
export const DEMO_TOKENS_MAX = 200;

/** The requested form of an answer. */
export interface DemoAnswer {
  readonly purpose: string;
  readonly category: string;
  readonly license: string;
  readonly simulated?: boolean;
}

const CATEGORIES: Readonly<Record<string, RegExp>> = {
  testing: /\b(test|jest|mock|assert|coverage|snapshot)/i,
  compiler: /\b(compil|transpil|babel|swc|typescript|bundl|webpack|parser?\b|ast\b|loader|acorn)/i,
  linting: /\b(lint|prettier|format(ter)?\b|code style)/i,
  network: /\b(http|grpc|fetch|socket|url|request|proxy|dns|protobuf|server|client)/i,
  'file system': /\b(file|path|glob|directory|fs\b|watch|lock)/i,
  'command line': /\b(cli|command|terminal|console|argv|ansi|colou?r|spinner|progress)/i,
  'data structures': /\b(array|object|map|set|string|iterator|clone|merge|json|yaml|regex|number)/i,
};
const OTHER = 'other';

const INSTRUCTION =
  'You sort npm packages. Answer with one JSON object and nothing else: ' +
  '{"purpose": "what the package is for, in one sentence", ' +
  `"category": one of ${[...Object.keys(CATEGORIES), OTHER].map((name) => JSON.stringify(name)).join(', ')}, ` +
  '"license": "its licence"}.';

/** One request for one document. */
export function toRequest(document: PackageDocument): BatchRequest {
  const { name, version, description, license, readme } = document;
  return {
    custom_id: `${name}@${version}`,
    params: {
      model: DEMO_MODEL,
      max_tokens: DEMO_TOKENS_MAX,
      system: INSTRUCTION,
      messages: [
        {
          role: 'user',
          content: `Package: ${name}\nDescription: ${description}\nLicence: ${license}\n\n${readme}`,
        },
      ],
    },
  };
}

/** Reads an answer of the model, or of the simulator; null when it does not have the requested form. */
export function readAnswer(text: string): DemoAnswer | null {
  try {
    const answer = JSON.parse(/\{[^]*\}/.exec(text)?.[0] ?? '') as Partial<DemoAnswer>;
    const { purpose, category, license } = answer;
    if (typeof purpose !== 'string' || typeof category !== 'string') return null;
    return { purpose, category, license: typeof license === 'string' ? license : '' };
  } catch {
    return null;
  }
}

/** One request in this many fails the first time, as it can happen at the API. */
const FAILING_EVERY = 17;

/** The simulator's result for a request of the demo. */
export function simulateResult({ params, key, attempt }: ScriptedRequest): ScriptedResult {
  const roll = createHash('sha256').update(key).digest().readUInt32BE(0);
  if (attempt === 1 && roll % FAILING_EVERY === 0) return errored('overloaded_error');
  return succeeded(JSON.stringify(simulateAnswer(contentOf(params))));
}

function simulateAnswer(content: string): DemoAnswer {
  const line = (name: string): string =>
    new RegExp(`^${name}: (.+)$`, 'm').exec(content)?.[1]?.trim() ?? '';
  const [, , , , ...readme] = content.split('\n');
  const purpose = line('Description') || firstSentence(readme);
  const category = Object.entries(CATEGORIES).find(([, words]) =>
    words.test(`${line('Package')} ${purpose}`)
  );
  return {
    purpose: purpose || 'not stated',
    category: category?.[0] ?? OTHER,
    license: line('Licence'),
    simulated: true,
  };
}

function firstSentence(lines: readonly string[]): string {
  const text = lines.find((line) => /^[A-Za-z].{20,}/.test(line)) ?? '';
  return /^.*?[.!](?= |$)/.exec(text)?.[0] ?? text;
}

function contentOf(params: Readonly<Record<string, unknown>>): string {
  const [message] = params['messages'] as readonly { content?: unknown }[];
  return typeof message?.content === 'string' ? message.content : '';
}
