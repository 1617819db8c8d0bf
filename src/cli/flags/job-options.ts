/**
 * A job's options, from the flags that were given.
 */
import { readFile } from 'node:fs/promises';
import { resolveOptions, type JobOptions } from '../../contract/options';
import { parseDefaults } from '../../core/plan/requests';
import { commandError } from '../text/errors';
import type { JobFlags } from './job-flags';

/**
 * The flags that were given, as options.
 *
 * @throws RangeError when options are wrong, with all problems; CommandError when the file of `--params` is.
 */
export async function toJobOptions(flags: JobFlags): Promise<JobOptions> {
  const { beta = [], betas, maxAttempts, params, ...plain } = flags;
  const names = [...beta, ...(betas ?? '').split(',')].map((name) => name.trim());
  const given = names.filter((name) => name !== '');
  const options = {
    ...pick(plain),
    ...(maxAttempts === undefined ? {} : { maxAttempts: toNumber(maxAttempts) }),
    ...(given.length === 0 ? {} : { betas: given }),
    ...(params === undefined ? {} : { params: await readParams(params) }),
  };
  resolveOptions(options);
  return options as JobOptions;
}

function pick({
  checkMin,
  checkMax,
  retryDelay,
  submitTimeout,
  lostAnswerWait,
  lostAnswer,
  apiVersion,
  account,
  searchAttributes,
}: JobFlags): object {
  const options = {
    checkMin,
    checkMax,
    retryDelay,
    submitTimeout,
    lostAnswerWait,
    lostAnswer,
    apiVersion,
    account,
    searchAttributes,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** A text that is not a number stays as it is: the validator names it. */
function toNumber(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

async function readParams(path: string): Promise<object> {
  const params = parseDefaults(await readFile(path));
  if (typeof params !== 'string') return params;
  throw commandError(`Expected ${path} to be one JSON object: ${params}.`);
}
