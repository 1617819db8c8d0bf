import type Anthropic from '@anthropic-ai/sdk';
import type { Store } from '../../src/store/store';

/** What the Activities need; a Worker creates it once. */
export interface ActivityDeps {
  readonly store: Store;
  /**
   * Returns the client of an account; the client sends its key to its own origin only.
   *
   * @throws ApplicationFailure `MessageBatch.WrongWorker` for an account that this Worker does not have,
   * `MessageBatch.Authentication` when its key is not set.
   */
  readonly anthropic: (account: string) => Anthropic;
  /** Largest chunk; for tests. Defaults to the limits of the API with a margin. */
  readonly chunkLimits?: { readonly requestsMax: number; readonly bytesMax: number };
  /** How long a download may receive no data before it is aborted. Defaults to 60 seconds. */
  readonly downloadStallMs?: number;
}
