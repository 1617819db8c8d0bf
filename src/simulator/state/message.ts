import { usualMessage } from '../../api-shapes/answers';
import type { BatchItem, ResultType } from './batch';
import { idFrom } from '../../api-shapes/ids';
import type { ErroredResult, SucceededResult } from './scripted-result';
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
 * @param type - what became of the request; only `succeeded` and `errored` take more from its result.
 */
export function toResultLine(item: BatchItem, type: ResultType): Record<string, unknown> {
  return { custom_id: item.customId, result: toResult(item, type) };
}

function toResult(item: BatchItem, type: ResultType): Record<string, unknown> {
  const { result } = item;
  if (type === 'succeeded' && result.type === 'succeeded')
    return { type, message: toMessage(item, result, 'batch') };
  if (type === 'errored' && result.type === 'errored')
    return { type, error: toItemError(item, result) };
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
  result: SucceededResult,
  serviceTier: 'batch' | 'standard'
): Record<string, unknown> {
  const text = result.text ?? defaultText(source);
  const content = result.content ?? (text === '' ? [] : [{ type: 'text', text }]);
  return {
    id: idFrom('msg', source.key, source.attempt),
    type: 'message',
    role: 'assistant',
    model: source.model,
    content,
    stop_reason: result.stopReason ?? 'end_turn',
    stop_sequence: result.stopSequence ?? null,
    stop_details: result.stopDetails ?? null,
    container: null,
    usage: { ...toUsage(source, result, text, serviceTier), ...result.usage },
  };
}

function defaultText({ key, attempt, excerpt }: MessageSource): string {
  return `Simulated answer to ${key.slice(0, 12)}, attempt ${attempt}: "${excerpt}"`;
}

function toUsage(
  source: MessageSource,
  result: SucceededResult,
  text: string,
  serviceTier: string
): Record<string, unknown> {
  const { prefix, isCacheHit, inputTokens, maxTokens } = source;
  const cached = prefix?.tokens ?? 0;
  const written = isCacheHit ? 0 : cached;
  const answer = result.content === undefined ? text : JSON.stringify(result.content);
  return {
    input_tokens: inputTokens - cached,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached - written,
    cache_creation: {
      ephemeral_5m_input_tokens: prefix?.ttl === '5m' ? written : 0,
      ephemeral_1h_input_tokens: prefix?.ttl === '1h' ? written : 0,
    },
    output_tokens:
      result.stopReason === 'max_tokens' ? maxTokens : Math.min(maxTokens, textTokens(answer)),
    service_tier: serviceTier,
    inference_geo: source.inferenceGeo,
    server_tool_use: null,
  };
}

// The double nesting is the API's: an error envelope inside the result.
function toItemError(item: BatchItem, result: ErroredResult): Record<string, unknown> {
  const { errorType: type, message = usualMessage(type), beforeExecution = false } = result;
  const details = result.details ?? (beforeExecution ? { error_visibility: 'user_facing' } : null);
  const requestId = beforeExecution ? null : idFrom('workerreq', item.key, item.attempt);
  return { type: 'error', error: { details, type, message }, request_id: requestId };
}
