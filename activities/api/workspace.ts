import type { JobBinding } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';

/** The workspace and organization of the key, as the API names them; null where it does not. */
export interface Answerer {
  readonly workspaceId: string | null;
  readonly organizationId: string | null;
}

/** An id that is safe to put into a message. */
const ID_PATTERN = /^[A-Za-z0-9_-]{1,100}$/;

export function answererOf(headers: Headers): Answerer {
  return {
    workspaceId: readId(headers, 'anthropic-workspace-id'),
    organizationId: readId(headers, 'anthropic-organization-id'),
  };
}

/**
 * Checks that an answer comes from the job's own workspace.
 *
 * A key of another workspace sees none of the job's batches, so such an answer proves nothing about them.
 *
 * @throws ApplicationFailure `MessageBatch.WrongWorker`.
 */
export function assertSameWorkspace(headers: Headers, binding: JobBinding): void {
  const answerer = answererOf(headers);
  assertSame('organization', answerer.organizationId, binding.organizationId);
  assertSame('workspace', answerer.workspaceId, binding.workspaceId);
}

function assertSame(what: string, here: string | null, planned: string | null): void {
  if (here === null || planned === null || here === planned) return;
  throw failure(
    'MessageBatch.WrongWorker',
    `This Worker's key belongs to ${what} ${here}, the job was planned in ${what} ${planned}.`
  );
}

function readId(headers: Headers, name: string): string | null {
  const id = headers.get(name) ?? '';
  return ID_PATTERN.test(id) ? id : null;
}
