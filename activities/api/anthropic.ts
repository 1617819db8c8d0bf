/**
 * The Anthropic clients of a Worker, by account.
 *
 * Every client is guarded: it calls no origin but its own and follows no redirect. The SDK's retries are off, since
 * Temporal retries too, and its retries are visible in the UI.
 *
 * @module
 */
import Anthropic from '@anthropic-ai/sdk';
import { failure } from '../../src/contract/failures';
import { createProxiedFetch } from './transport';

type Fetch = NonNullable<NonNullable<ConstructorParameters<typeof Anthropic>[0]>['fetch']>;

export interface AnthropicClientsOptions {
  /**
   * Clients by the name of their account; each is created when it is first needed.
   *
   * Without one named `default`, that one is created from ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN) and
   * ANTHROPIC_BASE_URL, as the SDK reads them. Defaults to none.
   */
  readonly clients?: Readonly<Record<string, () => AnthropicClient>>;
}

/**
 * A client of `@anthropic-ai/sdk`, by its shape.
 *
 * The SDK's class has private members, and ES modules and CommonJS modules each get a class of their own: if this were
 * the class, TypeScript would refuse the other one's clients.
 */
export type AnthropicClient = Pick<Anthropic, 'baseURL' | 'maxRetries' | 'timeout'>;

/**
 * Creates the source of clients for the Activities of a Worker.
 *
 * @returns A function of the account's name. It throws `MessageBatch.WrongWorker` for an account without a client, and
 * `MessageBatch.Authentication` when no key is set.
 */
export function createAnthropicClients(
  options: AnthropicClientsOptions = {}
): (account: string) => Anthropic {
  const makers = new Map(Object.entries(options.clients ?? {}));
  if (!makers.has('default')) makers.set('default', createDefaultClient);
  const made = new Map<string, Anthropic>();
  return (account) => {
    const known = made.get(account);
    if (known) return known;
    const make = makers.get(account);
    if (!make) throw unknownAccount(account, [...makers.keys()]);
    const client = guardClient(make() as Anthropic);
    made.set(account, client);
    return client;
  };
}

/** Whether the environment has a key for the API, under one of the names that the SDK reads. */
export function hasEnvironmentKey(): boolean {
  return ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'].some(
    (name) => (process.env[name] ?? '').trim() !== ''
  );
}

/** Scheme, host and port that a client calls: `https://api.anthropic.com`. */
export function apiOriginOf(client: Anthropic): string {
  return new URL(client.baseURL).origin;
}

/**
 * Copies a client and wraps its transport.
 *
 * @param wrap - Takes the transport of the client.
 */
export function withTransport(client: Anthropic, wrap: (fetch: Fetch) => Fetch): Anthropic {
  // Private in the SDK's types, but present in every version. It defaults to the global `fetch`.
  const { fetch: own } = client as unknown as { fetch?: Fetch };
  // Why without retries: docs/decisions/013-sdk-retries-off.md
  return client.withOptions({ fetch: wrap(own ?? fetch), maxRetries: 0 });
}

function guardClient(client: Anthropic): Anthropic {
  const guarded = withTransport(client, (send) => async (input, init) => {
    // The headers contain the key: send it to the configured origin only, whatever an answer says.
    const { origin } = new URL(input instanceof Request ? input.url : input);
    const own = apiOriginOf(guarded);
    if (origin !== own) {
      throw failure(
        'MessageBatch.UnexpectedAnswer',
        `Refused to send the key of ${own} to ${origin}.`
      );
    }
    return send(input, { ...init, redirect: 'manual' });
  });
  // At level debug the SDK logs bodies, which contain prompts and answers.
  guarded.logLevel = 'warn';
  return guarded;
}

function createDefaultClient(): Anthropic {
  if (!hasEnvironmentKey()) {
    throw failure(
      'MessageBatch.Authentication',
      'This Worker has no key for the Anthropic API: set ANTHROPIC_API_KEY and start the Worker again.'
    );
  }
  return new Anthropic({ fetch: createProxiedFetch() });
}

function unknownAccount(account: string, known: readonly string[]): Error {
  return failure(
    'MessageBatch.WrongWorker',
    `This Worker has no Anthropic client for the account ${account}; it has ${known.join(', ')}.`
  );
}
