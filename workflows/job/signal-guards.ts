/**
 * Children report to their job by Signals, and any client can send a Signal of any shape: one of a wrong shape must not
 * break the Workflow Task that delivers it.
 */
import { isObject } from '../../src/contract/json';
import type { ChunkName } from '../../src/contract/names';
import type { Pause } from '../../src/contract/public';
import { isQuestionKind } from '../../src/core/questions/route-answer';
import type { RoundPlan } from '../../src/contract/activities';
import type { ChunkQuestion, ChunkState, RoundChange } from '../../src/contract/children';

export function isChunkState(payload: unknown): payload is ChunkState {
  if (!isChunkName(payload)) return false;
  const { phase, requests, batchId, submittedAt, endedAt, pause, question, note, collected } =
    payload as Partial<ChunkState>;
  return (
    typeof phase === 'string' &&
    isCount(requests) &&
    isTextOrNull(batchId) &&
    isTimeOrNull(submittedAt) &&
    isTimeOrNull(endedAt) &&
    (pause === null || isPause(pause)) &&
    (question === undefined || question === null || isQuestion(question)) &&
    isTextOrNull(note) &&
    (collected === null || isCollected(collected))
  );
}

export function isRoundChange(payload: unknown): payload is RoundChange {
  if (!isObject(payload) || !isCount(payload['round'])) return false;
  const { pause, plan } = payload;
  return (
    (pause === undefined || pause === null || isPause(pause)) &&
    (plan === undefined || isRoundPlan(plan))
  );
}

function isRoundPlan(plan: unknown): plan is RoundPlan {
  if (!isObject(plan)) return false;
  const { round, chunks, requests, sources } = plan;
  return (
    isCount(round) &&
    isCount(chunks) &&
    isCount(requests) &&
    Array.isArray(sources) &&
    sources.every(isChunkName)
  );
}

function isChunkName(name: unknown): name is ChunkName {
  return isObject(name) && isCount(name['round']) && isCount(name['chunk']);
}

function isPause(pause: unknown): pause is Pause {
  return isObject(pause) && typeof pause['kind'] === 'string' && isText(pause['reason']);
}

function isQuestion(question: unknown): question is ChunkQuestion {
  if (!isObject(question)) return false;
  const { number, kind, reason } = question;
  return isCount(number) && isQuestionKind(kind) && isText(reason);
}

function isCollected(collected: unknown): boolean {
  if (!isObject(collected)) return false;
  const { counts, final, retry, retryAfterAccount, stopped } = collected;
  return (
    isCounts(counts) &&
    isCounts(final) &&
    isCount(retry) &&
    isCount(retryAfterAccount) &&
    isCount(stopped)
  );
}

function isCounts(counts: unknown): boolean {
  return (
    isObject(counts) &&
    ['succeeded', 'errored', 'expired', 'canceled', 'missing'].every((type) =>
      isCount(counts[type])
    )
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

function isTimeOrNull(value: unknown): boolean {
  return value === null || (isText(value) && !Number.isNaN(Date.parse(value)));
}
