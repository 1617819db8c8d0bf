import { usualMessage } from '../../api-shapes/answers';
import type { BatchItem, ResultType } from './batch';
import { idFrom } from '../../api-shapes/ids';
import type { ErroredOutcome, SucceededOutcome } from './outcome';
import { textTokens } from '../requests/params-text';

/** What a message is made of: nothing but the request's params, its attempt, and its cache luck. */
export type MessageSource = Pick<
  BatchItem,
  | 'key'
  | 'attempt'
  | 'model'
  | 'excerpt'
  | 'inputTokens'
  | 'maxTokens'
  | 'inferenceGeo'
  | 'prefix'
  | 'isCacheHit'
>;

/**
 * One line of the results, in the field order of the wire.
 *
 * @param type - what became of the request; only `succeeded` and `errored` take more from its outcome.
 */
export function toResultLine(item: BatchItem, type: ResultType): Record<string, unknown> {
  return { custom_id: item.customId, result: toResult(item, type) };
}

function toResult(item: BatchItem, type: ResultType): Record<string, unknown> {
  const { outcome } = item;
  if (type === 'succeeded' && outcome.type === 'succeeded')
    return { type, message: toMessage(item, outcome, 'batch') };
  if (type === 'errored' && outcome.type === 'errored')
    return { type, error: toItemError(item, outcome) };
  return { type };
}

/**
 * The message that answers a request.
 *
 * It is a pure function of the params and the attempt, its id and text included, so that a result under
 * the wrong `custom_id` shows, and two runs can be compared. Only the cache split of its usage depends on what ran before.
 */
export function toMessage(
  source: MessageSource,
  outcome: SucceededOutcome,
  serviceTier: 'batch' | 'standard'
): Record<string, unknown> {
  const text = outcome.text ?? defaultText(source);
  const content = outcome.content ?? (text === '' ? [] : [{ type: 'text', text }]);
  return {
    id: idFrom('msg', source.key, source.attempt),
    type: 'message',
    role: 'assistant',
    model: source.model,
    content,
    stop_reason: outcome.stopReason ?? 'end_turn',
    stop_sequence: outcome.stopSequence ?? null,
    stop_details: outcome.stopDetails ?? null,
    container: null,
    usage: { ...toUsage(source, outcome, text, serviceTier), ...outcome.usage },
  };
}

function defaultText({ key, attempt, excerpt }: MessageSource): string {
  return `Simulated answer to ${key.slice(0, 12)}, attempt ${attempt}: "${excerpt}"`;
}

function toUsage(
  source: MessageSource,
  outcome: SucceededOutcome,
  text: string,
  serviceTier: string
): Record<string, unknown> {
  const { prefix, isCacheHit, inputTokens, maxTokens } = source;
  const cached = prefix?.tokens ?? 0;
  const written = isCacheHit ? 0 : cached;
  const answer = outcome.content === undefined ? text : JSON.stringify(outcome.content);
  return {
    input_tokens: inputTokens - cached,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached - written,
    cache_creation: {
      ephemeral_5m_input_tokens: prefix?.ttl === '5m' ? written : 0,
      ephemeral_1h_input_tokens: prefix?.ttl === '1h' ? written : 0,
    },
    output_tokens:
      outcome.stopReason === 'max_tokens' ? maxTokens : Math.min(maxTokens, textTokens(answer)),
    service_tier: serviceTier,
    inference_geo: source.inferenceGeo,
    server_tool_use: null,
  };
}

// The double nesting is the API's: an error envelope inside the result.
function toItemError(item: BatchItem, outcome: ErroredOutcome): Record<string, unknown> {
  const { errorType: type, message = usualMessage(type), beforeExecution = false } = outcome;
  const details = outcome.details ?? (beforeExecution ? { error_visibility: 'user_facing' } : null);
  const requestId = beforeExecution ? null : idFrom('workerreq', item.key, item.attempt);
  return { type: 'error', error: { details, type, message }, request_id: requestId };
}
