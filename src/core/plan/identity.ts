/**
 * What a job's id stands for, kept in `job.json`: whatever changes an answer.
 *
 * The same id with another identity is refused and changes nothing; all other options may differ from execution to
 * execution.
 *
 * @module
 */
import { failure } from '../../contract/failures';
import type { ResolvedOptions } from '../../contract/options';

export interface JobIdentity {
  readonly input_sha256: string;
  /** Of the bytes of the `params` defaults; of `JSON.stringify` of an object given in the input. Null without any. */
  readonly params_sha256: string | null;
  /** Sorted. */
  readonly betas: readonly string[];
  /** Null: the SDK's own. */
  readonly api_version: string | null;
  readonly account: string;
}

/** The members of an identity as users know them. */
const NAMES: Readonly<Record<keyof JobIdentity, string>> = {
  input_sha256: 'the input',
  params_sha256: '`params`',
  betas: '`betas`',
  api_version: '`apiVersion`',
  account: '`account`',
};

export function jobIdentity(
  options: Pick<ResolvedOptions, 'betas' | 'apiVersion' | 'account'>,
  hashes: { readonly inputSha256: string; readonly paramsSha256: string | null }
): JobIdentity {
  return {
    input_sha256: hashes.inputSha256,
    params_sha256: hashes.paramsSha256,
    betas: [...options.betas].sort(),
    api_version: options.apiVersion,
    account: options.account,
  };
}

/** Whether an identity has these options, whatever its input and `params`. */
export function isSameButInput(
  known: JobIdentity,
  options: Pick<ResolvedOptions, 'betas' | 'apiVersion' | 'account'>
): boolean {
  const given = jobIdentity(options, {
    inputSha256: known.input_sha256,
    paramsSha256: known.params_sha256,
  });
  return differences(known, given).length === 0;
}

/**
 * @throws ApplicationFailure `MessageBatch.JobMismatch`, not retryable, naming what differs.
 */
export function assertSameIdentity(jobId: string, known: JobIdentity, given: JobIdentity): void {
  const different = differences(known, given);
  if (different.length === 0) return;
  const names = different.map((key) => NAMES[key]).join(', ');
  throw failure(
    'MessageBatch.JobMismatch',
    `The job id ${JSON.stringify(jobId)} stands for another job: ${names} ${different.length > 1 ? 'differ' : 'differs'}. Nothing was changed; choose another id, or \`forget\` that job first.`
  );
}

function differences(known: JobIdentity, given: JobIdentity): (keyof JobIdentity)[] {
  const keys = Object.keys(NAMES) as (keyof JobIdentity)[];
  return keys.filter((key) => JSON.stringify(known[key]) !== JSON.stringify(given[key]));
}
