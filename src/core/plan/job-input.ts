/**
 * The input of `messageBatchJob`, which comes from anywhere as plain JSON.
 *
 * @module
 */
import {
  OPTION_NAMES,
  renamedOption,
  resolveOptions,
  type ResolvedOptions,
} from '../../contract/options';
import { isObject } from '../../contract/json';
import { nearest } from '../../contract/nearest';

/** Defaults for every request's `params`, as they were given. */
export type ParamsInput =
  | { readonly kind: 'none' }
  | { readonly kind: 'inline'; readonly value: object }
  | { readonly kind: 'reference'; readonly uri: string };

export interface ParsedJobInput {
  readonly requestsUri: string;
  /** Null: the job's own folder. */
  readonly outputUri: string | null;
  readonly params: ParamsInput;
  readonly options: ResolvedOptions;
}

const NAMES: readonly string[] = ['requests', 'output', ...OPTION_NAMES];

/**
 * Checks the input's shape and fills in the options' defaults.
 *
 * @throws RangeError with one sentence for every problem, all problems at once.
 */
export function parseJobInput(input: unknown): ParsedJobInput {
  if (!isObject(input)) {
    throw new RangeError('Expected the input to be one JSON object with `requests` and options.');
  }
  const problems: string[] = [];
  for (const name of Object.keys(input)) {
    if (!NAMES.includes(name)) problems.push(unknownName(name));
  }
  const requestsUri = uriOf(input['requests']);
  if (requestsUri === null) {
    problems.push('Expected `requests` to be {"uri": "file:///…"} and nothing else.');
  }
  const output = input['output'] ?? null;
  const outputUri = output === null ? null : uriOf(output);
  if (output !== null && outputUri === null) {
    problems.push('Expected `output` to be {"uri": "file:///…"} and nothing else.');
  }
  const options = tryResolve(input, problems);
  if (problems.length > 0 || requestsUri === null || options === null) {
    throw new RangeError(problems.join(' '));
  }
  return { requestsUri, outputUri, params: parseParams(input['params']), options };
}

/** An object with exactly one key `uri` that looks like a reference is one; a Messages API body has no such key. */
export function parseParams(value: unknown): ParamsInput {
  if (!isObject(value)) return { kind: 'none' };
  const uri = uriOf(value);
  return uri !== null && /^(file|s3):/.test(uri)
    ? { kind: 'reference', uri }
    : { kind: 'inline', value };
}

function tryResolve(input: Record<string, unknown>, problems: string[]): ResolvedOptions | null {
  const known = OPTION_NAMES.filter((name) => Object.hasOwn(input, name));
  try {
    return resolveOptions(Object.fromEntries(known.map((name) => [name, input[name]])));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(error.message);
    return null;
  }
}

function uriOf(value: unknown): string | null {
  if (!isObject(value) || Object.keys(value).length !== 1) return null;
  const uri = value['uri'];
  return typeof uri === 'string' && uri !== '' ? uri : null;
}

function unknownName(name: string): string {
  const renamed = renamedOption(name);
  if (renamed !== null) return renamed;
  const known = nearest(name, NAMES);
  const shown = JSON.stringify(name.slice(0, 40));
  return known === null
    ? `Unknown name ${shown} in the input.`
    : `Unknown name ${shown} in the input; did you mean \`${known}\`?`;
}
