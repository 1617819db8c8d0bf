/**
 * What binds a job to its Workers: API origin, organization, workspace and store. An Activity on a Worker with others
 * does nothing.
 *
 * @module
 */
import type Anthropic from '@anthropic-ai/sdk';
import type { JobContext, JobBinding } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import type { ResolvedOptions } from '../../src/contract/options';
import type { Store } from '../../src/store/store';
import { apiOriginOf } from '../api/anthropic';
import { probeApi } from '../api/probe';
import type { ActivityDeps } from './deps';

/**
 * Finds out what a job planned on this Worker is bound to, by a call that costs nothing.
 *
 * The call also proves that the key is valid before a job is planned with it.
 *
 * @throws ApplicationFailure of the table in `http-failures.ts`.
 */
export async function discoverBinding(
  deps: ActivityDeps,
  options: ResolvedOptions
): Promise<JobBinding> {
  const client = deps.anthropic(options.account);
  const { workspaceId, organizationId } = await probeApi({ client, options, binding: null });
  return {
    apiOrigin: apiOriginOf(client),
    workspaceId,
    organizationId,
    storeId: await deps.store.id(),
  };
}

/**
 * Checks that this Worker has the job's store and API. Each answer of the API is checked for the workspace.
 *
 * @returns The client of the job's account.
 * @throws ApplicationFailure `MessageBatch.WrongWorker`, naming both sides.
 */
export async function assertRightWorker(
  deps: ActivityDeps,
  { site, options }: JobContext
): Promise<Anthropic> {
  await assertRightStore(deps.store, site);
  const client = deps.anthropic(options.account);
  const origin = apiOriginOf(client);
  // A job that was already canceled when it was planned has never called the API.
  if (site.apiOrigin !== '' && origin !== site.apiOrigin) {
    throw failure(
      'MessageBatch.WrongWorker',
      `This Worker calls the API at ${origin}, the job was planned with ${site.apiOrigin}.`
    );
  }
  return client;
}

/**
 * Checks that this Worker has the job's store; for Activities that do not call the API.
 *
 * @throws ApplicationFailure `MessageBatch.WrongWorker`, naming both stores.
 */
export async function assertRightStore(store: Store, { storeId }: JobBinding): Promise<void> {
  const id = await store.id();
  if (id === storeId) return;
  throw failure(
    'MessageBatch.WrongWorker',
    `This Worker has the store ${id} (${store.uri}), the job was planned in the store ${storeId}.`
  );
}

/** Kinds of stores that a Worker may have. Any other URI is a bad reference, on every Worker. */
const STORE_KINDS: readonly string[] = ['file:', 's3:'];

/**
 * Checks that references to a store of another kind than this Worker's do not pass for bad ones: a Worker with the
 * right store can read them. Says nothing about references of the same kind.
 *
 * @throws ApplicationFailure `MessageBatch.WrongWorker`, naming both sides.
 */
export function assertStoreKind({ uri: own }: Pick<Store, 'uri'>, uris: readonly string[]): void {
  for (const uri of uris) {
    const kind = kindOf(uri);
    if (!STORE_KINDS.includes(kind) || kind === kindOf(own)) continue;
    throw failure(
      'MessageBatch.WrongWorker',
      `This Worker has the store ${own}, the job's objects are in a store of another kind: ${JSON.stringify(uri.slice(0, 300))}.`
    );
  }
}

/** The scheme in lower case: "file:". */
function kindOf(uri: string): string {
  return (/^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0] ?? '').toLowerCase();
}
