import { invalid, jsonAnswer, tooLarge } from '../../api-shapes/answers';
import type { Answer } from '../../api-shapes/answers';
import { toMessageBatch, unfinishedAt } from '../state/batch';
import type { BatchItem, BatchRecord } from '../state/batch';
import { createCreateCheck } from '../requests/create-validation';
import type { CheckedRequest } from '../requests/create-validation';
import { idFrom, keyOf } from '../../api-shapes/ids';
import { findItemProblem } from '../requests/item-validation';
import type { ItemContext } from '../requests/item-validation';
import { findModel } from '../../api-shapes/models';
import { errored, succeeded } from '../state/scripted-result';
import type { ScriptedResult } from '../state/scripted-result';
import { cachedPrefixOf, excerptOf, inputTokensOf } from '../requests/params-text';
import { useCache } from '../state/prompt-cache';
import { checkQueue, spendLimitReached } from '../state/rate-limits';
import { workspaceOf } from '../state/state';
import type { SimulatorState } from '../state/state';

/** A `create` whose body arrives. */
export interface PendingCreate {
  readonly batchId: string;
  readonly items: readonly BatchItem[];
  write(chunk: Buffer): void;
  /** Stores the batch, or says why not. Nothing is remembered of a refused one. */
  accept(nowMs: number, origin: string): Answer;
}

export function beginCreate(
  state: SimulatorState,
  workspaceId: string,
  context: ItemContext
): PendingCreate {
  const { settings } = state;
  state.creates += 1;
  const batchId = idFrom('msgbatch', state.seed, state.creates);
  const items: BatchItem[] = [];
  let bytes = 0;
  const check = createCreateCheck((request) => {
    items.push(toItem(state, workspaceId, context, batchId, request));
  }, settings.batchRequestsMax);

  function refusal(nowMs: number): Answer | null {
    if (bytes > settings.batchBytesMax) return tooLarge();
    const problem = check.end();
    if (problem !== null) return invalid(problem);
    if (settings.limits.isSpendLimitReached) return spendLimitReached();
    return checkQueue(queuedIn(state, workspaceId, nowMs), items.length, settings.limits);
  }

  return {
    batchId,
    items,
    write(chunk) {
      bytes += chunk.length;
      if (bytes <= settings.batchBytesMax) check.write(chunk);
    },
    accept(nowMs, origin) {
      const refused = refusal(nowMs);
      if (refused !== null) return refused;
      const batch = store(state, workspaceId, batchId, items, nowMs);
      return jsonAnswer(toMessageBatch(batch, nowMs, origin));
    },
  };
}

// A request is boiled down at once; its params are then free to go.
function toItem(
  state: SimulatorState,
  workspaceId: string,
  context: ItemContext,
  batchId: string,
  { customId, params, index }: CheckedRequest
): BatchItem {
  const model = modelIn(params);
  const key = keyOf(params);
  const attempt = attemptsOf(state, workspaceId, key) + 1;
  const problem = findItemProblem(params, context);
  const script = state.settings.result;
  const result =
    problem === null
      ? script({ customId, params, key, attempt, index, batchId, model })
      : errored(problem.errorType, { message: problem.message, beforeExecution: true });
  return {
    customId,
    key,
    attempt,
    result: result ?? SUCCESS,
    ...toSource(params),
  };
}

const SUCCESS = succeeded();

function modelIn({ model }: Readonly<Record<string, unknown>>): string {
  return typeof model === 'string' ? model : '';
}

/** What an answer needs to know of the params. */
export function toSource(
  params: Readonly<Record<string, unknown>>
): Omit<BatchItem, 'customId' | 'key' | 'attempt' | 'result'> {
  const model = modelIn(params);
  const geo = params['inference_geo'];
  const most = params['max_tokens'];
  return {
    // An id that no model has is not kept: such a request never gets an answer.
    model: findModel(model)?.id ?? '',
    excerpt: excerptOf(params),
    inputTokens: inputTokensOf(params),
    maxTokens: typeof most === 'number' ? most : 0,
    inferenceGeo: typeof geo === 'string' ? geo : 'not_available',
    prefix: cachedPrefixOf(params),
    isCacheHit: false,
    finishAfterMs: 0,
  };
}

function store(
  state: SimulatorState,
  workspaceId: string,
  batchId: string,
  items: BatchItem[],
  nowMs: number
): BatchRecord {
  const { settings } = state;
  const sequence = state.ledger.batches.length;
  const { batchTimeMs: time } = settings;
  const batchTimeMs =
    typeof time === 'number'
      ? time
      : time({ id: batchId, workspaceId, requests: items.length, sequence });
  countAttempts(state, workspaceId, items);
  const { cache } = workspaceOf(state, workspaceId);
  for (const [index, item] of items.entries()) {
    item.finishAfterMs = plannedFinishMs(item.result, index, items.length, batchTimeMs);
    item.isCacheHit = useCache(cache, item, nowMs, settings.cacheHitRate);
  }
  const batch: BatchRecord = {
    id: batchId,
    sequence,
    workspaceId,
    createdAtMs: nowMs,
    // Any number will do, as long as it is not always the same and not always zero.
    micros: (sequence * 141 + 141) % 1000,
    items,
    batchTimeMs,
    cancelTimeMs: settings.cancelTimeMs,
    cancelInitiatedAtMs: null,
    endedByScriptAtMs: null,
    hasLiveCounts: settings.hasLiveCounts,
    isGone: false,
    revision: 0,
  };
  state.batches.set(batchId, batch);
  state.ledger.batches.push(batch);
  return batch;
}

/** When a request finishes, milliseconds after its batch's creation: evenly over the batch time, by position. */
export function plannedFinishMs(
  result: ScriptedResult,
  index: number,
  requests: number,
  batchTimeMs: number
): number {
  if (result.type === 'expired') return Infinity;
  return result.finishAfterMs ?? (batchTimeMs * (index + 1)) / requests;
}

function attemptsOf(state: SimulatorState, workspaceId: string, key: string): number {
  return workspaceOf(state, workspaceId).attempts.get(key) ?? 0;
}

// Counted again here: a batch with the same requests may have been accepted while this body arrived.
function countAttempts(
  state: SimulatorState,
  workspaceId: string,
  items: readonly BatchItem[]
): void {
  const { attempts } = workspaceOf(state, workspaceId);
  for (const item of items) item.attempt = (attempts.get(item.key) ?? 0) + 1;
  // All of one batch together, so that twins in it are of the same attempt.
  for (const item of items) attempts.set(item.key, item.attempt);
}

function queuedIn(state: SimulatorState, workspaceId: string, nowMs: number): number {
  if (state.settings.limits.queuedRequestsMax === null) return 0;
  let queued = 0;
  for (const batch of state.batches.values())
    if (batch.workspaceId === workspaceId) queued += unfinishedAt(batch, nowMs);
  return queued;
}
