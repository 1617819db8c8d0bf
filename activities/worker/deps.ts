import type Anthropic from '@anthropic-ai/sdk';
import type { Store } from '../../src/store/store';

/** What the Activities work with; a Worker makes it once. */
export interface ActivityDeps {
  readonly store: Store;
  /**
   * The client of an account, its key and its origin guarded.
   *
   * @throws ApplicationFailure `MessageBatch.WrongWorker` for an account that this Worker does not have,
   * `MessageBatch.Authentication` when its key is not set.
   */
  readonly anthropic: (account: string) => Anthropic;
  /** Where chunks are cut; for tests. Defaults to the limits of the API with a margin. */
  readonly chunkLimits?: { readonly requestsMax: number; readonly bytesMax: number };
  /** How long a download may stall before it is aborted. Defaults to 60 seconds. */
  readonly downloadStallMs?: number;
}
