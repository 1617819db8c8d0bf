/**
 * Where a job lives: API origin, workspace, organization and store. An Activity elsewhere does nothing.
 *
 * @module
 */
import type Anthropic from '@anthropic-ai/sdk';
import type { JobContext, JobSite } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import type { ResolvedOptions } from '../../src/contract/options';
import { apiOriginOf } from '../api/anthropic';
import { BATCHES_PATH, callJson, type Caller } from '../api/call-api';
import type { ActivityDeps } from './deps';
import { unexpectedAnswer, unreadableAnswer } from '../api/http-failures';
import { answererOf, type Answerer } from '../api/workspace';

/** What a look at the list of batches tells besides the batches. */
export interface ApiHere extends Answerer {
  /** The API's own clock, RFC 3339, to the second below. */
  readonly apiTime: string;
}

const WHAT = 'the list of batches';

/**
 * Finds out where this Worker is, by a call that costs nothing.
 *
 * It also proves that the key is good, before a job is planned with it.
 *
 * @throws ApplicationFailure of the table in `http-failures.ts`.
 */
export async function discoverSite(deps: ActivityDeps, options: ResolvedOptions): Promise<JobSite> {
  const client = deps.anthropic(options.account);
  const { workspaceId, organizationId } = await lookAtApi({ client, options, site: null });
  return {
    apiOrigin: apiOriginOf(client),
    workspaceId,
    organizationId,
    storeId: await deps.store.id(),
  };
}

/** Asks the API for its time and who it takes us for. */
export async function lookAtApi(caller: Caller): Promise<ApiHere> {
  const call = { method: 'get', path: `${BATCHES_PATH}?limit=1`, what: WHAT } as const;
  const { headers, body } = await callJson(caller, call);
  if (!isPage(body)) throw unreadableAnswer(call, headers);
  const apiMs = Date.parse(headers.get('date') ?? '');
  // The clock of this machine would be no substitute: an orphaned batch is looked for by the API's time.
  if (Number.isNaN(apiMs)) throw unexpectedAnswer(call, 'without the date header');
  return { ...answererOf(headers), apiTime: new Date(apiMs).toISOString() };
}

/**
 * Checks that this Worker has the job's store and API.
 *
 * @returns The client of the job's account.
 * @throws ApplicationFailure `MessageBatch.WrongWorker`, naming both sides.
 */
export async function assertRightWorker(
  deps: ActivityDeps,
  { site, options }: JobContext
): Promise<Anthropic> {
  const storeId = await deps.store.id();
  if (storeId !== site.storeId) {
    throw failure(
      'MessageBatch.WrongWorker',
      `This Worker's store ${deps.store.uri} has the id ${storeId}, the job was planned with the store ${site.storeId}.`
    );
  }
  const client = deps.anthropic(options.account);
  const origin = apiOriginOf(client);
  // A job that was planned while it was canceled has never asked the API.
  if (site.apiOrigin !== '' && origin !== site.apiOrigin) {
    throw failure(
      'MessageBatch.WrongWorker',
      `This Worker talks to the API at ${origin}, the job was planned with ${site.apiOrigin}.`
    );
  }
  return client;
}

function isPage(body: unknown): boolean {
  return (
    typeof body === 'object' && body !== null && Array.isArray((body as { data?: unknown }).data)
  );
}
