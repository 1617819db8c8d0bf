/**
 * HTTP for the default client: npm's undici, which supports proxies on every supported Node, unlike Node's own `fetch`.
 *
 * @module
 */
import type { ClientOptions } from '@anthropic-ai/sdk';
import * as undici from 'undici';

type Fetch = NonNullable<ClientOptions['fetch']>;

/**
 * Longer than any submit time limit that makes sense: an AbortSignal ends each call in time. Undici's default of five
 * minutes would abort a long upload before its answer.
 */
const HEADERS_TIMEOUT_MS = 60 * 60 * 1000;
/** Longest pause between two pieces of a body. */
const BODY_TIMEOUT_MS = 5 * 60 * 1000;

/**
 * Creates a `fetch` that follows HTTPS_PROXY, HTTP_PROXY and NO_PROXY, except for an API on this machine, which no proxy
 * can reach.
 */
export function createProxiedFetch(): Fetch {
  const timeouts = { headersTimeout: HEADERS_TIMEOUT_MS, bodyTimeout: BODY_TIMEOUT_MS };
  const direct = new undici.Agent(timeouts);
  const proxied = createProxyAgent(timeouts);
  const send = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const dispatcher = isLoopback(url.hostname) ? direct : proxied;
    // Two declarations of one web standard, Node's and undici's: the objects are the same.
    const options = { ...init, dispatcher } as unknown as undici.RequestInit;
    return undici.fetch(url, options);
  };
  return send;
}

/** Undici warns that the agent is experimental, which does not concern the user of a command. */
function createProxyAgent(timeouts: undici.Agent.Options): undici.Dispatcher {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return new undici.EnvHttpProxyAgent(timeouts);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
