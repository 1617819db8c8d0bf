/**
 * A job's options as flags of the command line.
 */
import { InvalidArgumentError, Option, type Command } from 'commander';

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
  add('--check-min <duration>', 'first and shortest delay between two checks of a batch (30s)');
  add('--check-max <duration>', 'longest delay between two checks of a batch (15m)');
  add('--retry-delay <duration>', 'delay before failed requests are sent again; doubles (1m)');
  add('--max-attempts <n>', 'how often one request is submitted at most (3)');
  add('--submit-timeout <duration>', 'time limit of one submission (30s, and 1s more per MB)');
  add(
    '--lost-answer <what>',
    'when the answer to a submission is lost: find its batch, or ask a person (find)'
  );
  add('--lost-answer-wait <duration>', 'then: how long to look for the batch (2m)');
  command.addOption(
    new Option('--orphan-wait <duration>').hideHelp().argParser(() => {
      throw new InvalidArgumentError('The flag is now called `--lost-answer-wait`.');
    })
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
