import Anthropic from '@anthropic-ai/sdk';
import { startSimulator } from '../../../src/simulator';
import type { Simulator, SimulatorOptions } from '../../../src/simulator';

export const HOUR_MS = 3_600_000;
export const START_MS = Date.parse('2026-11-22T10:00:00Z');
export const MODEL = 'claude-haiku-4-5';

export type Json = Record<string, unknown>;

/** A simulator with a clock of its own, the real SDK as its client, and plain HTTP. */
export interface Bundle {
  readonly simulator: Simulator;
  readonly client: Anthropic;
  /** Moves the simulator's clock. */
  readonly pass: (ms: number) => void;
  readonly nowMs: () => number;
  readonly clientWith: (apiKey: string) => Anthropic;
  /** Calls without the SDK; with a body it is a POST. */
  readonly call: (path: string, settings?: CallSettings) => Promise<Response>;
  /** Creates a batch of this many requests, `r-0`, `r-1`, …, each of its own params. */
  readonly create: (requests: number) => Promise<Anthropic.Messages.MessageBatch>;
  /** The lines of an ended batch by their `custom_id`. */
  readonly results: (batchId: string) => Promise<Map<string, Json>>;
}

export interface CallSettings {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export const HEADERS = {
  'x-api-key': 'any',
  'anthropic-version': '2026-10-21',
  'content-type': 'application/json',
};

const running: Simulator[] = [];

/** Closes what the tests of a file have started. */
export async function closeAll(): Promise<void> {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
}

export async function setup(options: SimulatorOptions = {}): Promise<Bundle> {
  let nowMs = START_MS;
  const simulator = await startSimulator({
    now: () => Promise.resolve(nowMs),
    batchTimeMs: HOUR_MS,
    seed: 'test',
    ...options,
  });
  running.push(simulator);
  const clientWith = (apiKey: string): Anthropic =>
    new Anthropic({ baseURL: simulator.url, apiKey, maxRetries: 0 });
  const client = clientWith('any');
  return {
    simulator,
    client,
    clientWith,
    pass(ms) {
      nowMs += ms;
    },
    nowMs: () => nowMs,
    call: (path, { method, body, headers = HEADERS } = {}) =>
      fetch(`${simulator.url}${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers,
        ...(body === undefined
          ? {}
          : {
              body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
            }),
      }),
    create: (requests) =>
      client.messages.batches.create({
        requests: Array.from({ length: requests }, (_, index) => ({
          custom_id: `r-${index}`,
          params: paramsOf(`question ${index}`),
        })),
      }),
    async results(batchId) {
      const lines = new Map<string, Json>();
      for await (const line of await client.messages.batches.results(batchId))
        lines.set(line.custom_id, line.result as unknown as Json);
      return lines;
    },
  };
}

export function paramsOf(
  content: string,
  more: Json = {}
): Anthropic.Messages.MessageCreateParamsNonStreaming {
  return { model: MODEL, max_tokens: 100, messages: [{ role: 'user', content }], ...more };
}

/** A `create` body of one request with these params. */
export function oneRequest(params: Json, customId = 'one'): Json {
  return { requests: [{ custom_id: customId, params }] };
}

/** The type and message of an answer in the error envelope. */
export async function errorIn(response: Response): Promise<{ type: string; message: string }> {
  const { error } = (await response.json()) as { error: { type: string; message: string } };
  return { type: error.type, message: error.message };
}
