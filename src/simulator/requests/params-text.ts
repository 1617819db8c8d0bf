import { isObject } from './create-validation';
import { sha256 } from '../../api-shapes/ids';

/** Characters of the last user message that an answer echoes. */
const EXCERPT_CHARACTERS = 60;
/** Tokens of an image or a document given by reference. Assumed; the real number depends on its size. */
const MEDIA_TOKENS = 1_500;
/** Tokens around every prompt. */
const FRAME_TOKENS = 8;

/** The part of a prompt up to its last `cache_control`. */
export interface CachedPrefix {
  readonly hash: string;
  readonly tokens: number;
  readonly ttl: '5m' | '1h';
}

/**
 * Tokens of a prompt: a plausible number that depends on nothing but the params.
 *
 * One token for every four characters of text in system, tools and messages.
 */
export function inputTokensOf(params: Readonly<Record<string, unknown>>): number {
  const parts = promptParts(params);
  return FRAME_TOKENS + parts.reduce<number>((sum, part) => sum + tokensOf(part), 0);
}

/** Tokens of a text, at least one: an empty answer is billed for one too. */
export function textTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

/** The cached part of a prompt, or null where nothing asks for caching. */
export function cachedPrefixOf(params: Readonly<Record<string, unknown>>): CachedPrefix | null {
  const parts = promptParts(params);
  const whole = cacheTtl(params['cache_control']);
  let last = whole === null ? -1 : parts.length - 1;
  let ttl = whole;
  if (whole === null)
    for (const [index, part] of parts.entries()) {
      const asked = isObject(part) ? cacheTtl(part['cache_control']) : null;
      if (asked === null) continue;
      last = index;
      ttl = asked;
    }
  if (ttl === null || last < 0) return null;
  const prefix = parts.slice(0, last + 1);
  const tokens = prefix.reduce<number>((sum, part) => sum + tokensOf(part), 0);
  return { hash: sha256(JSON.stringify([params['model'], prefix])), tokens, ttl };
}

/**
 * The beginning of the last user message, on one line.
 *
 * It is a copy: a slice would keep the whole message in memory.
 */
export function excerptOf(params: Readonly<Record<string, unknown>>): string {
  const messages = Array.isArray(params['messages']) ? (params['messages'] as unknown[]) : [];
  const last = messages.findLast((message) => isObject(message) && message['role'] === 'user');
  const text = isObject(last) ? firstText(last['content']) : '';
  const short = text.slice(0, EXCERPT_CHARACTERS).replace(/\s+/g, ' ').trim();
  return Buffer.from(short, 'utf8').toString('utf8');
}

function firstText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const block = (content as unknown[]).find((each) => isObject(each) && each['type'] === 'text');
  return isObject(block) && typeof block['text'] === 'string' ? block['text'] : '';
}

// The prompt's blocks in the order in which the API caches them: tools, system, messages.
function promptParts(params: Readonly<Record<string, unknown>>): unknown[] {
  const messages = blocksOf(params['messages']).flatMap((message) =>
    isObject(message) ? blocksOf(message['content']) : [message]
  );
  return [...blocksOf(params['tools']), ...blocksOf(params['system']), ...messages];
}

function blocksOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function cacheTtl(control: unknown): '5m' | '1h' | null {
  if (!isObject(control)) return null;
  return control['ttl'] === '1h' ? '1h' : '5m';
}

function tokensOf(part: unknown): number {
  if (isObject(part) && (part['type'] === 'image' || part['type'] === 'document'))
    return MEDIA_TOKENS;
  return Math.ceil(charactersOf(part) / 4);
}

function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value === 'number' || typeof value === 'boolean') return 2;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, each) => sum + charactersOf(each), 0);
}
