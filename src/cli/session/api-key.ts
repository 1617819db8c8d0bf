/**
 * The key and the address of the API in this process's environment.
 */
import { COMMAND } from '../text/command-name';
import { commandError } from '../text/errors';

/** Whether a key is set, as the SDK reads it. */
export function hasKey(): boolean {
  return ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'].some(
    (name) => (process.env[name] ?? '').trim() !== ''
  );
}

/** @throws CommandError when there is no key: nothing is started then. */
export function assertKey(): void {
  if (hasKey()) return;
  throw commandError(
    'There is no key for the Anthropic API: set ANTHROPIC_API_KEY. ' +
      `To try without one, run \`${COMMAND} simulator\`, and set ANTHROPIC_BASE_URL to its URL and ANTHROPIC_API_KEY to anything.`
  );
}

/** Scheme, host and port of the API that this process calls. */
export function apiOrigin(): string | null {
  const url = (process.env['ANTHROPIC_BASE_URL'] ?? '').trim() || 'https://api.anthropic.com';
  return URL.canParse(url) ? new URL(url).origin : null;
}
