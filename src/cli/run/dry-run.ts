/**
 * `run --dry-run`: the checks of a job, without starting anything.
 */
import { checkInput, type CheckedInput } from '../../../activities/plan/check-input';
import { readRequestLines } from '../../client/request-source';
import { resolveOptions, type JobOptions } from '../../contract/options';
import { CHUNK_LIMITS_DEFAULT } from '../../core/plan/chunks';
import { prepareDefaults } from '../../core/plan/params-overlay';
import { commandError } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { formatBytes, plural, print, printJson } from '../text/output';
import { nameUnknownKeys } from './name-keys';
import type { RunRequest } from './run-request';

/**
 * Checks every line of an input as `run` would, and prints what would be submitted.
 *
 * @returns the exit status: 0 when every line is valid.
 * @throws CommandError that lists the bad lines.
 */
export async function dryRun(request: RunRequest, isJson: boolean): Promise<number> {
  if (request.kind === 'fetch') {
    throw commandError(`The job ${request.jobId} has ended: there is nothing to check.`);
  }
  const checked = await check(request.input.path, request.options);
  if (isJson) printJson(toJson(checked));
  assertValid(checked);
  if (!isJson) {
    print(
      `${plural(checked.total, 'request')} in ${plural(checked.chunks, 'batch')}, ${formatBytes(checked.bytes)}. ` +
        'Every line is valid; nothing was submitted.'
    );
  }
  return EXIT.done;
}

/** @throws CommandError that lists the bad lines of an input. */
export async function checkFile(path: string, options: JobOptions): Promise<void> {
  assertValid(await check(path, options));
}

async function check(path: string, { params, ...options }: JobOptions): Promise<CheckedInput> {
  const { apiVersion } = resolveOptions(options);
  const checked = await checkInput((await readRequestLines(path)).bytes, {
    defaults: params === undefined ? null : prepareDefaults(Buffer.from(JSON.stringify(params))),
    apiVersion,
    limits: CHUNK_LIMITS_DEFAULT,
  });
  return { ...checked, listed: await nameUnknownKeys(path, checked.listed) };
}

/** Lines that are valid requests; the check counts the bad ones too. A line too long to read is only a bad line. */
function validRequests({ total, badLines, sha256 }: CheckedInput): number {
  const unread = sha256 === null ? 1 : 0;
  return total - (badLines - unread);
}

function toJson(checked: CheckedInput): object {
  return {
    requests: validRequests(checked),
    batches: checked.chunks,
    bytes: checked.bytes,
    lines: checked.lines,
    bad_lines: checked.badLines,
    problems: checked.listed,
  };
}

function assertValid(checked: CheckedInput): void {
  const { badLines, listed, total } = checked;
  if (badLines > 0) {
    const list = listed.map(({ line, reason }) => `line ${line}: ${reason}`);
    if (badLines > list.length) list.push(`and ${badLines - list.length} more`);
    throw commandError(
      `The input has ${plural(badLines, 'bad line')} and ${plural(validRequests(checked), 'valid request')}; nothing was submitted:\n${list.join('\n')}`
    );
  }
  if (total === 0) throw commandError('The input contains no request; nothing was submitted.');
}
