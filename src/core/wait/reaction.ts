/**
 * What a Workflow does about an Activity that failed.
 *
 * @module
 */
import { FAILURES, type FailureType } from '../../contract/failures';
import type { PauseKind } from '../../contract/public';

export type Reaction =
  /** It will work again by itself: wait, then try again. */
  | { readonly do: 'retry' }
  /** A person or another Worker must help: pause, say why, then try again. */
  | { readonly do: 'pause'; readonly kind: PauseKind }
  /** No waiting helps: the Workflow fails. */
  | { readonly do: 'fail' };

/**
 * Decides what a Workflow does about a failure.
 *
 * @param cause - A failure of the table; `retryable` for any other failure that may pass by itself, such as a time-out or
 * the shutdown of a Worker; `unknown` for the rest.
 */
export function reaction(cause: FailureType | 'retryable' | 'unknown'): Reaction {
  if (cause === 'retryable') return { do: 'retry' };
  if (cause === 'unknown') return { do: 'fail' };
  const { pause, retryable } = FAILURES[cause];
  if (pause !== null) return { do: 'pause', kind: pause };
  return { do: retryable ? 'retry' : 'fail' };
}
