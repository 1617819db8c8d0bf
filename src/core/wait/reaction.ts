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

/** @param cause - A failure of the table, an Activity's time-out, or an error that no table knows. */
export function reaction(cause: FailureType | 'timeout' | 'unknown'): Reaction {
  if (cause === 'timeout') return { do: 'retry' };
  if (cause === 'unknown') return { do: 'fail' };
  const { pause, retryable } = FAILURES[cause];
  if (pause !== null) return { do: 'pause', kind: pause };
  return { do: retryable ? 'retry' : 'fail' };
}
