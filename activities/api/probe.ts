import { BATCHES_PATH, callJson, type Caller } from './call-api';
import { unexpectedAnswer, unreadableAnswer } from './http-failures';
import { answererOf, type Answerer } from './workspace';

/** What a probe of the API learns. */
export interface ApiProbe extends Answerer {
  /** The API's own clock, RFC 3339, rounded down to the second. */
  readonly apiTime: string;
}

/** Lists one batch, which costs nothing: for the API's time, and the workspace that the key belongs to. */
export async function probeApi(caller: Caller): Promise<ApiProbe> {
  const path = `${BATCHES_PATH}?limit=1`;
  const call = { method: 'get', path, what: 'the list of batches' } as const;
  const { headers, body } = await callJson(caller, call);
  if (!isPage(body)) throw unreadableAnswer(call, headers);
  const apiMs = Date.parse(headers.get('date') ?? '');
  // This machine's clock is no substitute: a batch whose answer was lost is searched for by the API's time.
  if (Number.isNaN(apiMs)) throw unexpectedAnswer(call, 'without the date header');
  return { ...answererOf(headers), apiTime: new Date(apiMs).toISOString() };
}

function isPage(body: unknown): boolean {
  return (
    typeof body === 'object' && body !== null && Array.isArray((body as { data?: unknown }).data)
  );
}
