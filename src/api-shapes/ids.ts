import { createHash } from 'node:crypto';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const DIGITS = 22;

/**
 * An id as the API spells them: `prefix_01` and 22 base58 digits.
 *
 * The same prefix and parts always give the same id.
 */
export function idFrom(prefix: string, ...parts: readonly (string | number)[]): string {
  const digest = sha256([prefix, ...parts].join('\n'));
  let rest = BigInt(`0x${digest}`);
  let digits = '';
  for (let digit = 0; digit < DIGITS; digit += 1) {
    digits += BASE58.charAt(Number(rest % 58n));
    rest /= 58n;
  }
  return `${prefix}_01${digits}`;
}

/**
 * The name of a request's content: SHA-256 of its params' JSON, in hex.
 *
 * White space in the body makes no difference, the order of keys does.
 */
export function keyOf(params: unknown): string {
  return sha256(JSON.stringify(params));
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
