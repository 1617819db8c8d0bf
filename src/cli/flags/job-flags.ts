/**
 * A job's options as flags of the command line.
 */
import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { resolveOptions, type JobOptions } from '../../contract/options';
import { parseDefaults } from '../../core/plan/requests';
import { commandError } from '../text/errors';

/** What commander makes of the flags below. */
export interface JobFlags {
  readonly checkMin?: string;
  readonly checkMax?: string;
  readonly retryDelay?: string;
  readonly maxAttempts?: string;
  readonly submitTimeout?: string;
  readonly lostAnswerWait?: string;
  readonly lostAnswer?: string;
  readonly beta?: readonly string[];
  readonly betas?: string;
  readonly apiVersion?: string;
  readonly account?: string;
  readonly params?: string;
  readonly searchAttributes?: boolean;
}

const HEADING = 'Options of the job:';

/** Adds one flag for every option of a job. */
export function addJobFlags(command: Command): Command {
  const add = (flags: string, description: string): void => {
    command.addOption(new Option(flags, description).helpGroup(HEADING));
  };
  add('--check-min <duration>', 'first and shortest delay between two looks at a batch (30s)');
  add('--check-max <duration>', 'longest delay between two looks at a batch (15m)');
  add('--retry-delay <duration>', 'delay before failed requests are sent again; doubles (1m)');
  add('--max-attempts <n>', 'how often one request is submitted at most (3)');
  add('--submit-timeout <duration>', 'deadline of one submission (30s, and 1s more per MB)');
  add(
    '--lost-answer-wait <duration>',
    'after a submission of unknown end: how long to look for its batch (2m)'
  );
  command.addOption(
    new Option('--orphan-wait <duration>').hideHelp().argParser(() => {
      throw new InvalidArgumentError('The flag is now called `--lost-answer-wait`.');
    })
  );
  add(
    '--lost-answer <what>',
    'when the answer to a submission is lost: find its batch, or ask a person (find)'
  );
  command.addOption(
    new Option('--beta <name>', 'beta feature for every batch; may be repeated')
      .argParser((name: string, names: string[] | undefined) => [...(names ?? []), name])
      .helpGroup(HEADING)
  );
  add('--betas <names>', 'the same as a list: a,b');
  add('--api-version <version>', '2026-10-21 or 2023-06-01 (the SDK’s)');
  add('--account <name>', 'Anthropic client of the Workers to use (default)');
  add('--params <file>', 'JSON object of defaults, overlaid by each line’s params');
  add('--search-attributes', 'keep the MessageBatches… search attributes up to date');
  return command;
}

/**
 * The flags that were given, as options.
 *
 * @throws RangeError when options are wrong, all problems at once; CommandError when the file of `--params` is.
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

/** What is no number stays as it is: the validator names it. */
function toNumber(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

async function readParams(path: string): Promise<object> {
  const params = parseDefaults(await readFile(path));
  if (typeof params !== 'string') return params;
  throw commandError(`Expected ${path} to be one JSON object: ${params}.`);
}
