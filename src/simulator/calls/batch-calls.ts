import { invalid, jsonAnswer, notFound } from '../../api-shapes/answers';
import type { Answer } from '../../api-shapes/answers';
import { isArchived, statusAt, toMessageBatch } from '../state/batch';
import type { BatchRecord } from '../state/batch';
import { RETRIEVE_RETRY_AFTER_SECONDS } from '../../api-shapes/limits';
import { cutPage, parsePageQuery } from '../../api-shapes/list';
import { toResultChunks } from '../state/results';
import type { RunSettings } from '../state/settings';

/** What a call to the batch endpoints can see. */
export interface BatchView {
  /** The workspace's batches, the newest first. */
  readonly batches: readonly BatchRecord[];
  readonly nowMs: number;
  /** `http://host:port`, as the client spells it. */
  readonly origin: string;
}

export function findBatch({ batches }: BatchView, id: string): BatchRecord | undefined {
  return batches.find((batch) => batch.id === id);
}

export function listBatches(view: BatchView, query: URLSearchParams): Answer {
  const pageQuery = parsePageQuery(query);
  if (typeof pageQuery === 'string') return invalid(pageQuery);
  const page = cutPage(view.batches, (batch) => batch.id, pageQuery);
  // Assumed: a cursor that is not there is 404.
  if (page === undefined) return unknownBatch(pageQuery.afterId ?? pageQuery.beforeId ?? '');
  return jsonAnswer({
    ...page,
    data: page.data.map((batch) => toMessageBatch(batch, view.nowMs, view.origin)),
  });
}

export function retrieveBatch(view: BatchView, id: string): Answer {
  const batch = findBatch(view, id);
  if (batch === undefined) return unknownBatch(id);
  const isRunning = statusAt(batch, view.nowMs) === 'in_progress';
  return jsonAnswer(
    toMessageBatch(batch, view.nowMs, view.origin),
    isRunning ? { 'retry-after': String(RETRIEVE_RETRY_AFTER_SECONDS) } : {}
  );
}

/** Cancels a batch; canceling it again changes nothing. */
export function cancelBatch(
  view: BatchView,
  id: string,
  cancelOfEnded: RunSettings['cancelOfEnded']
): Answer {
  const batch = findBatch(view, id);
  if (batch === undefined) return unknownBatch(id);
  switch (statusAt(batch, view.nowMs)) {
    case 'in_progress':
      batch.cancelInitiatedAtMs = view.nowMs;
      batch.revision += 1;
      break;
    case 'ended':
      // Assumed: the text.
      if (cancelOfEnded === 'refused')
        return invalid(`Message Batch ${id} has already ended and cannot be canceled.`);
      break;
    case 'canceling':
      break;
  }
  return jsonAnswer(toMessageBatch(batch, view.nowMs, view.origin));
}

export function deleteBatch(view: BatchView, id: string): Answer {
  const batch = findBatch(view, id);
  if (batch === undefined) return unknownBatch(id);
  // Assumed: a canceling batch is refused in the same words.
  if (statusAt(batch, view.nowMs) !== 'ended')
    return invalid('In progress batches cannot be deleted. Consider canceling the batch instead.');
  batch.isGone = true;
  return jsonAnswer({ id, type: 'message_batch_deleted' });
}

/** The whole result file. Assumed: a `Range` header is passed over. */
export function batchResults(view: BatchView, id: string, signal: AbortSignal): Answer {
  const batch = findBatch(view, id);
  if (batch === undefined) return unknownBatch(id);
  const isReady = statusAt(batch, view.nowMs) === 'ended' && !isArchived(batch, view.nowMs);
  // Assumed: results that are archived answer like results that are not there yet.
  if (!isReady) return notFound(`Message Batch ${id} has no available results.`);
  return {
    status: 200,
    headers: {},
    body: {
      type: 'stream',
      contentType: 'application/x-jsonl',
      open: (edits) => toResultChunks(batch, edits, signal),
    },
  };
}

function unknownBatch(id: string): Answer {
  return notFound(`Message Batch ${id} not found.`);
}
