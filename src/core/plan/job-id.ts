import { failure } from '../../contract/failures';
import { JOB_ID_LENGTH_MAX } from '../../contract/limits';

/** Whether a string can be a job's id: a Workflow Id and a folder's name everywhere. */
export function isJobId(id: unknown): id is string {
  return typeof id === 'string' && id.length <= JOB_ID_LENGTH_MAX && PATTERN.test(id);
}

/** @throws ApplicationFailure `MessageBatch.BadOptions`, not retryable. */
export function assertJobId(id: unknown): asserts id is string {
  if (isJobId(id)) return;
  const shown =
    typeof id === 'string' ? JSON.stringify(id.slice(0, 40)) : `a value of type ${typeof id}`;
  throw failure(
    'MessageBatch.BadOptions',
    `Expected the job id to be 1 to ${JOB_ID_LENGTH_MAX} of A–Z a–z 0–9 . _ : - and not to start with a dot, got ${shown}.`
  );
}

const PATTERN = /^[A-Za-z0-9_:-][A-Za-z0-9._:-]*$/;
