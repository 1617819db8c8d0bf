/**
 * The options of a job: their defaults, and the one validator that client, command line and Worker use.
 *
 * @module
 */
import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import type { Duration } from '@temporalio/common';
import ms from 'ms';
import { nearest } from './nearest';

/** The `params` of a request without `stream`, as the SDK types them: a batch cannot stream. */
export type KnownMessageParams = Readonly<
  Partial<Omit<MessageCreateParamsNonStreaming, 'stream'>>
> & {
  readonly stream?: false;
};

/**
 * The `params` of a request.
 *
 * Unknown keys are allowed, since betas add new ones: a mistyped key is found by the API's check, not by the compiler.
 */
export type MessageParams =
  KnownMessageParams | (KnownMessageParams & Readonly<Record<string, unknown>>);

/** A job's options as users write them. Durations are Temporal's: `"30s"` or a number of milliseconds. */
export interface JobOptions {
  /**
   * Delay before the first status check of a batch, and the shortest delay between two.
   *
   * Minimum: 50 ms. Defaults to 30 seconds.
   */
  readonly checkMin?: Duration;
  /**
   * Longest delay between two status checks of a batch. Delays grow with the batch's age from `checkMin` to this.
   *
   * Must not be less than `checkMin`. Defaults to 15 minutes.
   */
  readonly checkMax?: Duration;
  /**
   * Delay before failed requests are submitted again; it doubles with each round.
   *
   * Defaults to 1 minute.
   */
  readonly retryDelay?: Duration;
  /**
   * Maximum number of times that one request is submitted.
   *
   * Minimum: 1. Defaults to 3.
   */
  readonly maxAttempts?: number;
  /**
   * Time limit of one create call. The connection is closed when it is over.
   *
   * Minimum: 1 second. Defaults to 30 seconds, and 1 second more per MB of body.
   */
  readonly submitTimeout?: Duration;
  /**
   * After a lost answer: how long to look for a batch before the chunk is submitted again. Also how long a known batch may
   * be missing from the API before the job pauses.
   *
   * Defaults to 2 minutes.
   */
  readonly lostAnswerWait?: Duration;
  /**
   * What happens when the answer to a create call is lost: `find` searches for the batch until it is known whether one was
   * created; `ask` pauses the job at once for a person, who answers with the Signal `resume`.
   *
   * Defaults to `find`.
   */
  readonly lostAnswer?: 'find' | 'ask';
  /** Beta features, for every batch of the job: `output-300k-2026-03-24`. Defaults to none. */
  readonly betas?: readonly string[];
  /**
   * The `anthropic-version` to send: `2026-10-21` or `2023-06-01`. The newer one refuses `temperature`, `top_p` and
   * `top_k`. Defaults to the SDK's own.
   */
  readonly apiVersion?: string;
  /** Name of the Worker's Anthropic client. Defaults to `default`. */
  readonly account?: string;
  /**
   * Defaults for every request's `params`, overlaid by each line's own at top-level keys: the object itself, or
   * `{"uri"}` of a JSON file in the store. An object given here enters the Workflow history; a reference does not.
   *
   * Defaults to none.
   */
  readonly params?: MessageParams | { readonly uri: string };
  /**
   * Whether the job keeps the search attributes `MessageBatchesStatus`, `MessageBatchesRound` and
   * `MessageBatchesRequests` up to date. Register them with the Temporal server first.
   *
   * Defaults to false.
   */
  readonly searchAttributes?: boolean;
}

/** Effective options: every default filled in, durations in milliseconds. Without `params`, which may contain prompts. */
export interface ResolvedOptions {
  readonly checkMinMs: number;
  readonly checkMaxMs: number;
  readonly retryDelayMs: number;
  readonly maxAttempts: number;
  /** Null: 30 seconds and 1 second more per MB of body. */
  readonly submitTimeoutMs: number | null;
  readonly lostAnswerWaitMs: number;
  readonly lostAnswer: 'find' | 'ask';
  readonly betas: readonly string[];
  /** Null: the SDK's own. */
  readonly apiVersion: string | null;
  readonly account: string;
  readonly searchAttributes: boolean;
}

/** The effective options when none is set. */
export const OPTIONS_DEFAULT: ResolvedOptions = {
  checkMinMs: 30_000,
  checkMaxMs: 15 * 60_000,
  retryDelayMs: 60_000,
  maxAttempts: 3,
  submitTimeoutMs: null,
  lostAnswerWaitMs: 2 * 60_000,
  lostAnswer: 'find',
  betas: [],
  apiVersion: null,
  account: 'default',
  searchAttributes: false,
};

const CHECK_MIN_MS_MIN = 50;
/** No call to the API is reliably answered within less. */
const SUBMIT_TIMEOUT_MS_MIN = 1000;
/** A longer duration is a mistake of the unit. */
const DURATION_MS_MAX = 30 * 24 * 60 * 60 * 1000;
const ATTEMPTS_MAX = 100;
const NAMES = [
  'checkMin',
  'checkMax',
  'retryDelay',
  'maxAttempts',
  'submitTimeout',
  'lostAnswerWait',
  'lostAnswer',
  'betas',
  'apiVersion',
  'account',
  'params',
  'searchAttributes',
] as const satisfies readonly (keyof JobOptions)[];

/** Former names: refused, because an option that is silently ignored would change what a job does. */
const RENAMED: Readonly<Record<string, keyof JobOptions>> = { orphanWait: 'lostAnswerWait' };

/** Every option's name, in the order of the documentation. */
export const OPTION_NAMES: readonly (keyof JobOptions)[] = NAMES;

/** Versions of the API that this package knows. */
export const API_VERSIONS = ['2026-10-21', '2023-06-01'] as const;

/**
 * Checks options and fills in the defaults.
 *
 * @param options - Of any shape: JSON from other languages arrives unchecked.
 * @returns Plain JSON with every field set.
 * @throws RangeError with one sentence for every problem, all problems at once.
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  if (options === undefined || options === null) return OPTIONS_DEFAULT;
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw new RangeError(`Expected the options to be an object, got ${describeValue(options)}.`);
  }
  const given = options as Record<string, unknown>;
  const problems: string[] = [];
  for (const name of Object.keys(given)) {
    if (!(NAMES as readonly string[]).includes(name)) problems.push(unknownName(name));
  }
  const resolved = resolveEach(given, problems);
  if (resolved.checkMaxMs < resolved.checkMinMs) {
    if (given['checkMax'] === undefined) {
      return finish({ ...resolved, checkMaxMs: resolved.checkMinMs }, problems);
    }
    problems.push('Expected `checkMax` not to be less than `checkMin`.');
  }
  return finish(resolved, problems);
}

function resolveEach(given: Record<string, unknown>, problems: string[]): ResolvedOptions {
  const duration = (name: keyof JobOptions, fallback: number, min = 0): number =>
    resolveDuration(name, given[name], fallback, min, problems);
  return {
    checkMinMs: duration('checkMin', OPTIONS_DEFAULT.checkMinMs, CHECK_MIN_MS_MIN),
    checkMaxMs: duration('checkMax', OPTIONS_DEFAULT.checkMaxMs, CHECK_MIN_MS_MIN),
    retryDelayMs: duration('retryDelay', OPTIONS_DEFAULT.retryDelayMs),
    maxAttempts: resolveAttempts(given['maxAttempts'], problems),
    submitTimeoutMs: isUnset(given['submitTimeout'])
      ? null
      : duration('submitTimeout', 0, SUBMIT_TIMEOUT_MS_MIN),
    lostAnswerWaitMs: duration('lostAnswerWait', OPTIONS_DEFAULT.lostAnswerWaitMs),
    lostAnswer: resolveLostAnswer(given['lostAnswer'], problems),
    betas: resolveBetas(given['betas'], problems),
    apiVersion: resolveApiVersion(given['apiVersion'], problems),
    account: resolveAccount(given['account'], problems),
    searchAttributes: resolveFlag('searchAttributes', given['searchAttributes'], problems),
    ...checkParams(given['params'], problems),
  };
}

function finish(resolved: ResolvedOptions, problems: readonly string[]): ResolvedOptions {
  if (problems.length > 0) throw new RangeError(problems.join(' '));
  return resolved;
}

function resolveDuration(
  name: string,
  value: unknown,
  fallback: number,
  min: number,
  problems: string[]
): number {
  if (isUnset(value)) return fallback;
  const durationMs = toMs(value);
  if (durationMs === null) {
    problems.push(
      `Expected \`${name}\` to be a duration such as "30s" or a number of milliseconds, got ${describeValue(value)}.`
    );
    return fallback;
  }
  if (durationMs < min || durationMs > DURATION_MS_MAX) {
    const bound = durationMs < min ? `at least ${min} ms` : 'at most 30 days';
    problems.push(`Expected \`${name}\` to be ${bound}, got ${describeValue(value)}.`);
    return fallback;
  }
  return durationMs;
}

function toMs(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.round(value) : null;
  if (typeof value !== 'string' || value.length > 100) return null;
  const parsed: number | undefined = value === '' ? undefined : ms(value as ms.StringValue);
  return parsed !== undefined && Number.isFinite(parsed) ? Math.round(parsed) : null;
}

function resolveAttempts(value: unknown, problems: string[]): number {
  if (isUnset(value)) return OPTIONS_DEFAULT.maxAttempts;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= ATTEMPTS_MAX) {
    return value;
  }
  problems.push(
    `Expected \`maxAttempts\` to be a whole number from 1 to ${ATTEMPTS_MAX}, got ${describeValue(value)}.`
  );
  return OPTIONS_DEFAULT.maxAttempts;
}

function resolveLostAnswer(value: unknown, problems: string[]): 'find' | 'ask' {
  if (isUnset(value)) return OPTIONS_DEFAULT.lostAnswer;
  if (value === 'find' || value === 'ask') return value;
  problems.push(`Expected \`lostAnswer\` to be "find" or "ask", got ${describeValue(value)}.`);
  return OPTIONS_DEFAULT.lostAnswer;
}

function resolveBetas(value: unknown, problems: string[]): readonly string[] {
  if (isUnset(value)) return OPTIONS_DEFAULT.betas;
  // A header's value: visible characters without the comma that separates two.
  const isBeta = (beta: unknown): boolean =>
    typeof beta === 'string' && /^[\x21-\x2b\x2d-\x7e]{1,100}$/.test(beta);
  if (Array.isArray(value) && value.length <= 100 && value.every(isBeta)) {
    return [...new Set(value as string[])];
  }
  problems.push('Expected `betas` to be a list of beta names such as ["output-300k-2026-03-24"].');
  return OPTIONS_DEFAULT.betas;
}

function resolveApiVersion(value: unknown, problems: string[]): string | null {
  if (isUnset(value)) return null;
  if ((API_VERSIONS as readonly unknown[]).includes(value)) return value as string;
  problems.push(
    `Expected \`apiVersion\` to be one of ${API_VERSIONS.join(', ')}, got ${describeValue(value)}.`
  );
  return null;
}

function resolveAccount(value: unknown, problems: string[]): string {
  if (isUnset(value)) return OPTIONS_DEFAULT.account;
  if (typeof value === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(value)) return value;
  problems.push(
    'Expected `account` to be a name of 1 to 64 letters, digits, dots, dashes or underscores.'
  );
  return OPTIONS_DEFAULT.account;
}

function resolveFlag(name: string, value: unknown, problems: string[]): boolean {
  if (isUnset(value)) return false;
  if (typeof value === 'boolean') return value;
  problems.push(`Expected \`${name}\` to be true or false, got ${describeValue(value)}.`);
  return false;
}

function checkParams(value: unknown, problems: string[]): object {
  if (!isUnset(value) && (typeof value !== 'object' || Array.isArray(value))) {
    problems.push('Expected `params` to be a JSON object.');
  }
  return {};
}

/**
 * Says that an option has a new name.
 *
 * @returns null when the name was never an option's.
 */
export function renamedOption(name: string): string | null {
  const now = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
  return now === undefined ? null : `The option \`${name}\` is now called \`${now}\`.`;
}

function unknownName(name: string): string {
  const renamed = renamedOption(name);
  if (renamed !== null) return renamed;
  const known = nearest(name, NAMES);
  const shown = JSON.stringify(name.slice(0, 40));
  return known === null
    ? `Unknown option ${shown}.`
    : `Unknown option ${shown}; did you mean \`${known}\`?`;
}

function isUnset(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** Names a value without repeating one that could be long or private. */
function describeValue(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
