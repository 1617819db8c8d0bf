/**
 * What is refused in a request's `params` before anything is paid or waited for. The API would refuse each of these,
 * but request by request, hours later; everything else is left to it.
 *
 * @module
 */
import { API_VERSIONS } from '../../contract/options';

export type Params = Readonly<Record<string, unknown>>;

interface Rule {
  readonly key: string;
  /** Whether a value that is there is refused. Null counts as not there. */
  readonly refuses: (value: unknown) => boolean;
  readonly reason: string;
}

const always = (): boolean => true;

/** The SDK's own version is the newest. */
const API_VERSION_DEFAULT = API_VERSIONS[0];

const RULES: readonly Rule[] = [
  {
    key: 'stream',
    refuses: (value) => value === true,
    reason: '`stream: true` is not possible in a batch',
  },
  {
    key: 'speed',
    refuses: (value) => value !== 'standard',
    reason: 'fast mode (`speed`) is not possible in a batch',
  },
  { key: 'fallbacks', refuses: always, reason: '`fallbacks` are not possible in a batch' },
  {
    key: 'betas',
    refuses: always,
    reason: '`betas` hold for a whole batch: name them in the option `betas` of the job',
  },
];

const SAMPLING_KEYS: readonly string[] = ['temperature', 'top_p', 'top_k'];
const SAMPLING_RULES: readonly Rule[] = SAMPLING_KEYS.map((key) => ({
  key,
  refuses: always,
  reason: `API version ${API_VERSION_DEFAULT} refuses \`${key}\`; leave it out, or set the option apiVersion: "2023-06-01"`,
}));

const REQUIRED: readonly (Rule & { readonly missing: string })[] = [
  {
    key: 'model',
    missing: '`model` is missing in `params`',
    refuses: (value) => typeof value !== 'string' || value === '',
    reason: '`model` must be a string that is not empty',
  },
  {
    key: 'max_tokens',
    missing: '`max_tokens` is missing in `params`',
    refuses: (value) => !(typeof value === 'number' && Number.isInteger(value) && value > 0),
    reason: '`max_tokens` must be a whole number of at least 1',
  },
  {
    key: 'messages',
    missing: '`messages` is missing in `params`',
    refuses: (value) => !Array.isArray(value),
    reason: '`messages` must be a list',
  },
];

/**
 * Checks `params` as they would be sent.
 *
 * @param own - The line's.
 * @param defaults - The job's, which `own` overlays; null without any.
 * @param apiVersion - The job's; null is the SDK's own.
 * @returns A reason for each problem, without any value of the request.
 */
export function findParamsProblems(
  own: Params,
  defaults: Params | null,
  apiVersion: string | null
): string[] {
  const problems: string[] = [];
  const note = (key: string, reason: string): void => {
    const inherited = !Object.hasOwn(own, key) && defaults !== null && Object.hasOwn(defaults, key);
    problems.push(inherited ? `${reason} (it comes from the defaults)` : reason);
  };
  const version = apiVersion ?? API_VERSION_DEFAULT;
  const rules = version === API_VERSION_DEFAULT ? [...RULES, ...SAMPLING_RULES] : RULES;
  for (const { key, refuses, reason } of rules) {
    const value = effective(own, defaults, key);
    if (value !== undefined && value !== null && refuses(value)) note(key, reason);
  }
  for (const { key, missing, refuses, reason } of REQUIRED) {
    const value = effective(own, defaults, key);
    if (value === undefined) problems.push(missing);
    else if (refuses(value)) note(key, reason);
  }
  return problems;
}

function effective(own: Params, defaults: Params | null, key: string): unknown {
  if (Object.hasOwn(own, key)) return own[key];
  return defaults !== null && Object.hasOwn(defaults, key) ? defaults[key] : undefined;
}
