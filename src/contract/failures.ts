/**
 * Every failure that leaves an Activity or ends a Workflow, in one table.
 *
 * The type string is the taxonomy: Workflows decide by it, users search for it, `docs/failures.md` has a section for it.
 * No message contains a prompt, an answer, a key or a `custom_id`.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/common';
import type { PauseKind } from './public';

interface FailureRow {
  /** Whether Temporal tries the Activity again. */
  readonly retryable: boolean;
  /** The pause that follows when Temporal has stopped retrying; null if the job does not pause. */
  readonly pause: PauseKind | null;
}

/** Failure types with their retryability and what they do to a job. */
export const FAILURES = {
  /** The job's options are wrong. The caller fixes them. */
  'MessageBatch.BadOptions': { retryable: false, pause: null },
  /** The input has bad lines; nothing was submitted. */
  'MessageBatch.BadRequests': { retryable: false, pause: null },
  /** A reference leads outside the store, to nothing, or to something that changed. */
  'MessageBatch.BadReference': { retryable: false, pause: null },
  /** The job's id belongs to another input or other options; nothing was changed. */
  'MessageBatch.JobMismatch': { retryable: false, pause: null },
  /** The Worker's API origin, workspace or store is not the job's; nothing was done. */
  'MessageBatch.WrongWorker': { retryable: true, pause: 'worker' },
  /** The API refuses the key, or the key lacks a permission. */
  'MessageBatch.Authentication': { retryable: false, pause: 'account' },
  /** Credit, billing or a spend limit prevents the call. */
  'MessageBatch.Billing': { retryable: false, pause: 'account' },
  /** The API refused the call for good. */
  'MessageBatch.Refused': { retryable: false, pause: 'refused' },
  /** 429: `retry-after` is respected. */
  'MessageBatch.RateLimited': { retryable: true, pause: null },
  /** 408, 409, 5xx, 529, or no answer at all. */
  'MessageBatch.ApiUnavailable': { retryable: true, pause: null },
  /** The API says that a batch it created does not exist. */
  'MessageBatch.BatchNotFound': { retryable: true, pause: 'batch' },
  /** A child Workflow was ended on its own: the job cannot complete without it. */
  'MessageBatch.Interrupted': { retryable: false, pause: null },
  /** The batch has ended but its results are missing or incomplete. */
  'MessageBatch.ResultsIncomplete': { retryable: true, pause: null },
  /** The API's answer has a form that this version does not know. */
  'MessageBatch.UnexpectedAnswer': { retryable: false, pause: null },
  /** An object in the store no longer has the hash it was written with. */
  'MessageBatch.StoreDamaged': { retryable: false, pause: null },
  /** The store cannot be read or written: a full disk, missing permissions. */
  'MessageBatch.StoreUnavailable': { retryable: true, pause: null },
} as const satisfies Record<string, FailureRow>;

export type FailureType = keyof typeof FAILURES;

export interface FailureDetails {
  readonly batchId?: string;
  /** The API's `request-id`, for its support. */
  readonly requestId?: string;
  /** HTTP status. */
  readonly status?: number;
  readonly [key: string]: unknown;
}

/**
 * Creates the failure of a type, with retryability from the table.
 *
 * @param message - One clear sentence: what is wrong, where, what to do. No user data.
 * @param more.retryAfterMs - The delay that the API asked for.
 */
export function failure(
  type: FailureType,
  message: string,
  more: { details?: FailureDetails; retryAfterMs?: number; cause?: Error } = {}
): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !FAILURES[type].retryable,
    ...(more.details ? { details: [more.details] } : {}),
    ...(more.retryAfterMs === undefined ? {} : { nextRetryDelay: more.retryAfterMs }),
    ...(more.cause ? { cause: more.cause } : {}),
  });
}

/** Whether a value is a failure type of the table. */
export function isFailureType(type: unknown): type is FailureType {
  return typeof type === 'string' && Object.hasOwn(FAILURES, type);
}

/** A failure of the table. Its first detail, when it has one, is of {@link FailureDetails}. */
export type MessageBatchFailure<T extends FailureType = FailureType> = ApplicationFailure & {
  readonly type: T;
};

/**
 * Finds this package's failure in an error or the errors that caused it.
 *
 * Walks WorkflowFailedError, ChildWorkflowFailure and ActivityFailure down to the cause.
 *
 * @param type - When given, only a failure of this type counts.
 * @returns null when there is none.
 */
export function findMessageBatchFailure<T extends FailureType = FailureType>(
  error: unknown,
  type?: T
): MessageBatchFailure<T> | null {
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    if (at instanceof ApplicationFailure && isFailureType(at.type)) {
      if (type === undefined || at.type === type) {
        return at as MessageBatchFailure<T>;
      }
    }
  }
  return null;
}

/** Whether an error is, or was caused by, a failure of this package; of `type`, when given. */
export function isMessageBatchFailure(error: unknown, type?: FailureType): boolean {
  return findMessageBatchFailure(error, type) !== null;
}
