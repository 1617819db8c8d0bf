import { jsonAnswer } from '../../api-shapes/answers';
import type { Answer } from '../../api-shapes/answers';
import { toMessageBatch } from '../state/batch';
import type { BatchRecord } from '../state/batch';
import { idFrom, keyOf } from '../../api-shapes/ids';
import { toMessage, toResultLine } from '../state/message';
import { MODELS, toModelInfo } from '../../api-shapes/models';
import { succeeded } from '../state/scripted-result';
import type { Operation } from '../../api-shapes/router';

/**
 * An answer in the documented shape to any call of an operation: for tests that were generated from the
 * API's description and make up their ids and cursors.
 *
 * @param id - the id in the path.
 * @returns null for `unknown`: a path that the API does not have stays a 404.
 */
export function wildcardAnswer(
  operation: Operation,
  id: string,
  nowMs: number,
  origin: string
): Answer | null {
  const batch = (batchId: string): Record<string, unknown> =>
    toMessageBatch(wildcardBatch(batchId, nowMs), nowMs, origin);
  const madeUpId = idFrom('msgbatch', 'wildcard');
  switch (operation) {
    case 'create':
      return jsonAnswer(batch(madeUpId));
    case 'retrieve':
    case 'cancel':
      return jsonAnswer(batch(id));
    case 'list':
      return jsonAnswer(onePage(batch(madeUpId), madeUpId));
    case 'delete':
      return jsonAnswer({ id, type: 'message_batch_deleted' });
    case 'results':
      return oneLine();
    case 'messages':
      return jsonAnswer(toMessage(wildcardItem(), succeeded(), 'standard'));
    case 'count_tokens':
      return jsonAnswer({ input_tokens: wildcardItem().inputTokens });
    case 'models':
      return jsonAnswer(onePage(wildcardModel(), String(wildcardModel()['id'])));
    case 'model':
      return jsonAnswer({ ...wildcardModel(), id });
    case 'unknown':
      return null;
  }
}

// Ended, so that its results have a URL.
function wildcardBatch(id: string, nowMs: number): BatchRecord {
  return {
    id,
    sequence: 0,
    workspaceId: '',
    createdAtMs: nowMs - 1_000,
    micros: 0,
    items: [wildcardItem()],
    batchTimeMs: 1_000,
    cancelTimeMs: 0,
    cancelInitiatedAtMs: null,
    endedByScriptAtMs: null,
    hasLiveCounts: false,
    isGone: false,
    revision: 0,
  };
}

function wildcardItem(): BatchRecord['items'][number] {
  return {
    customId: 'my-custom-id-1',
    key: keyOf('wildcard'),
    attempt: 1,
    model: MODELS[0]?.id ?? '',
    excerpt: 'Hello, world',
    inputTokens: 11,
    maxTokens: 1_024,
    inferenceGeo: 'not_available',
    prefix: null,
    isCacheHit: false,
    result: succeeded(),
    finishAfterMs: 0,
  };
}

function wildcardModel(): Record<string, unknown> {
  const [model] = MODELS;
  return model === undefined ? {} : toModelInfo(model);
}

// No more pages: a client that follows them must stop somewhere.
function onePage(entry: Record<string, unknown>, id: string): Record<string, unknown> {
  return { data: [entry], has_more: false, first_id: id, last_id: id };
}

function oneLine(): Answer {
  const line = `${JSON.stringify(toResultLine(wildcardItem(), 'succeeded'))}\n`;
  const body = { type: 'text', text: line, contentType: 'application/x-jsonl' } as const;
  return { status: 200, headers: {}, body };
}
