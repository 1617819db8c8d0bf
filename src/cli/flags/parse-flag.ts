/**
 * Values of flags that are not job options.
 */
import ms from 'ms';
import { commandError } from '../text/errors';

/** @throws CommandError when it is not a port. */
export function toPort(text: string, flag = '--port'): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw commandError(
    `Expected \`${flag}\` to be a port from 0 to 65535, got ${JSON.stringify(text)}.`
  );
}

/** @returns milliseconds. @throws CommandError when it is not a duration. */
export function toDurationMs(text: string, flag: string): number {
  const durationMs: number | undefined = text === '' ? undefined : ms(text as ms.StringValue);
  if (durationMs !== undefined && durationMs >= 0) return durationMs;
  throw commandError(
    `Expected \`${flag}\` to be a duration such as 2s, got ${JSON.stringify(text)}.`
  );
}
