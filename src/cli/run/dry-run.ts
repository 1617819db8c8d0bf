/**
 * `run --dry-run`: the checks of a job, without starting anything.
 */
import { checkInput, type CheckedInput } from '../../../activities/plan/check-input';
import { readRequestLines } from '../../client/request-source';
import { CHUNK_LIMITS_DEFAULT } from '../../core/plan/chunks';
import { prepareDefaults } from '../../core/plan/params-overlay';
import { resolveOptions, type JobOptions } from '../../contract/options';
import type { RunPlan } from './run-plan';
import { commandError } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { formatBytes, plural, print, printJson } from '../text/output';

/**
 * Checks every line of an input as `run` would, and says what that would submit.
 *
 * @returns the exit status: 0 when it could be run.
 * @throws CommandError that lists the bad lines.
 */
export async function dryRun(plan: RunPlan, isJson: boolean): Promise<number> {
  const { inputPath, options, jobId } = plan;
  if (inputPath === null)
    throw commandError(`The job ${jobId ?? ''} has ended: nothing is to run.`);
  const checked = await check(inputPath, options);
  if (isJson) printJson(toJson(checked));
  assertGood(checked);
  if (!isJson) {
    print(
      `${plural(checked.total, 'request')} in ${plural(checked.chunks, 'batch')}, ${formatBytes(checked.bytes)}. ` +
        'Every line is good; nothing was submitted.'
    );
  }
  return EXIT.done;
}

/** @throws CommandError that lists the bad lines of an input. */
export async function checkFile(path: string, options: JobOptions): Promise<void> {
  assertGood(await check(path, options));
}

async function check(path: string, { params, ...options }: JobOptions): Promise<CheckedInput> {
  const { apiVersion } = resolveOptions(options);
  return checkInput((await readRequestLines(path)).bytes, {
    defaults: params === undefined ? null : prepareDefaults(Buffer.from(JSON.stringify(params))),
    apiVersion,
    limits: CHUNK_LIMITS_DEFAULT,
  });
}

function toJson(checked: CheckedInput): object {
  return {
    requests: checked.total,
    batches: checked.chunks,
    bytes: checked.bytes,
    lines: checked.lines,
    bad_lines: checked.badLines,
    problems: checked.listed,
  };
}

function assertGood({ badLines, listed, total }: CheckedInput): void {
  if (badLines > 0) {
    const list = listed.map(({ line, reason }) => `line ${line}: ${reason}`);
    if (badLines > list.length) list.push(`and ${badLines - list.length} more`);
    throw commandError(
      `${plural(badLines, 'line')} of the input ${badLines === 1 ? 'is' : 'are'} bad; nothing was submitted:\n${list.join('\n')}`
    );
  }
  if (total === 0) throw commandError('The input holds no request; nothing was submitted.');
}
