import { isObject } from './create-validation';
import {
  EXTENDED_OUTPUT_BETA,
  EXTENDED_OUTPUT_TOKENS_MAX,
  findModel,
} from '../../api-shapes/models';
import type { Model } from '../../api-shapes/models';

/** Why the API will not run a request. */
export interface ItemProblem {
  readonly errorType: 'invalid_request_error' | 'not_found_error';
  readonly message: string;
}

/** What holds for a whole call: its headers, and whether it is a batch. */
export interface ItemContext {
  readonly version: string;
  readonly betas: readonly string[];
  /** The header `anthropic-user-profile-id`, or null. */
  readonly userProfileId: string | null;
  readonly isBatch: boolean;
}

type Params = Readonly<Record<string, unknown>>;
type Check = (params: Params, context: ItemContext) => string | null;

/** The version that refuses sampling parameters. */
const VERSION_WITHOUT_SAMPLING = '2026-10-21';

// Every body field of SDK 1.12's `MessageCreateParams` and its beta twin, and the three sampling parameters of before.
const KNOWN_KEYS = new Set(
  (
    'max_tokens messages model billing_policy cache_control compaction container context_management diagnostics ' +
    'fallback_credit_token fallbacks inference_geo mcp_servers metadata output_config output_format service_tier ' +
    'speed stop_sequences stream system thinking thread tool_choice tools user_profile_id ' +
    'temperature top_p top_k'
  ).split(' ')
);

// In the order in which the first problem is reported. Assumed: the order.
const CHECKS: readonly Check[] = [
  checkKnownKeys,
  checkSampling,
  checkMessages,
  checkMaxTokens,
  checkStream,
  checkBatchOnly,
  checkTools,
  checkModelLimits,
  checkUrls,
];

/**
 * What the API finds wrong with one request, as it does when it starts to run it.
 *
 * @returns null where it would run.
 */
export function findItemProblem(params: Params, context: ItemContext): ItemProblem | null {
  const model = params['model'];
  if (typeof model === 'string' && findModel(model) === undefined)
    return { errorType: 'not_found_error', message: `model: ${model}` };
  for (const check of CHECKS) {
    const message = check(params, context);
    if (message !== null) return { errorType: 'invalid_request_error', message };
  }
  return null;
}

function checkKnownKeys(params: Params): string | null {
  const extra = Object.keys(params).find((key) => !KNOWN_KEYS.has(key));
  return extra === undefined ? null : `${extra}: Extra inputs are not permitted`;
}

// Assumed: that this fails per request and not at create, and the text.
function checkSampling(params: Params, context: ItemContext): string | null {
  if (context.version !== VERSION_WITHOUT_SAMPLING) return null;
  const sent = ['temperature', 'top_p', 'top_k'].find((key) => key in params);
  return sent === undefined
    ? null
    : `${sent}: is not supported in anthropic-version ${VERSION_WITHOUT_SAMPLING}`;
}

function checkMessages(params: Params, context: ItemContext): string | null {
  if (params['model'] === undefined) return 'model: Field required';
  if (typeof params['model'] !== 'string') return 'model: Input should be a valid string';
  const messages = params['messages'];
  if (messages === undefined) return 'messages: Field required';
  if (!Array.isArray(messages)) return 'messages: Input should be a valid list';
  if (messages.length === 0) return 'messages: at least one message is required';
  for (const [index, message] of (messages as unknown[]).entries()) {
    const problem = checkMessage(message, context);
    if (problem !== null) return `messages.${index}${problem}`;
  }
  return null;
}

// Assumed: the texts.
function checkMessage(message: unknown, context: ItemContext): string | null {
  if (!isObject(message)) return ': Input should be an object';
  const { role, content } = message;
  if (role === undefined) return '.role: Field required';
  if (role !== 'user' && role !== 'assistant' && role !== 'system')
    return ".role: Input should be 'user', 'assistant' or 'system'";
  if (content === undefined) return '.content: Field required';
  if (typeof content !== 'string' && !Array.isArray(content))
    return '.content: Input should be a valid string or list';
  if (context.version !== VERSION_WITHOUT_SAMPLING || typeof content === 'string') return null;
  const blocks = (content as unknown[]).filter(isObject);
  if (role === 'assistant' && blocks.some((block) => block['type'] === 'document'))
    return '.content: document blocks are not permitted in assistant messages';
  const cites = (block: Params): boolean =>
    Array.isArray(block['citations']) && block['citations'].length > 0;
  if (role === 'user' && blocks.some((block) => block['type'] === 'text' && cites(block)))
    return '.content: citations are not permitted in user messages';
  return null;
}

function checkMaxTokens(params: Params, context: ItemContext): string | null {
  const asked = params['max_tokens'];
  if (asked === undefined) return 'max_tokens: Field required';
  if (typeof asked !== 'number' || !Number.isInteger(asked))
    return 'max_tokens: Input should be a valid integer';
  // Outside batches 0 only warms the cache.
  const least = context.isBatch ? 1 : 0;
  return asked < least ? `max_tokens: must be greater than or equal to ${least}` : null;
}

function checkStream(params: Params, context: ItemContext): string | null {
  if (params['stream'] !== true) return null;
  if (context.isBatch) return '"stream=True" is not supported in the Message Batches API';
  // Not the API's: the simulator answers whole messages only.
  return 'stream: the simulator does not stream messages';
}

// Assumed: the texts. Known is only that batches refuse these.
function checkBatchOnly(params: Params, context: ItemContext): string | null {
  if (!context.isBatch) return null;
  const refusedKey = ['speed', 'fallbacks', 'thread'].find(
    (key) => params[key] !== undefined && params[key] !== null && params[key] !== 'standard'
  );
  if (refusedKey !== undefined) return `${refusedKey}: is not supported in the Message Batches API`;
  const policy = params['billing_policy'];
  if (
    policy === 'user_profile' ||
    (isObject(policy) && Object.values(policy).includes('user_profile'))
  )
    return 'billing_policy: billing to a user profile is not supported in the Message Batches API';
  const profile = params['user_profile_id'];
  if (profile !== undefined && context.userProfileId !== null && profile !== context.userProfileId)
    return 'user_profile_id: conflicts with the anthropic-user-profile-id header';
  return null;
}

function checkTools(params: Params): string | null {
  const choice = params['tool_choice'];
  if (!isObject(choice) || choice['type'] !== 'tool') return null;
  const tools = Array.isArray(params['tools']) ? (params['tools'] as unknown[]) : [];
  const name = String(choice['name']);
  return tools.some((tool) => isObject(tool) && tool['name'] === name)
    ? null
    : `Tool '${name}' not found in provided tools`;
}

function checkModelLimits(params: Params, context: ItemContext): string | null {
  const model = findModel(String(params['model']));
  if (model === undefined) return null;
  const asked = params['max_tokens'] as number;
  const most = outputTokensMax(model, context);
  if (asked > most)
    return `max_tokens: ${asked} > ${most}, which is the maximum allowed number of output tokens for ${model.id}`;
  const thinking = params['thinking'];
  if (model.adaptiveThinkingOnly && isObject(thinking) && thinking['type'] === 'enabled')
    // Assumed: everything after the first sentence.
    return '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';
  return null;
}

// Extended output is for batches only.
function outputTokensMax(model: Model, context: ItemContext): number {
  const isExtended = context.isBatch && context.betas.includes(EXTENDED_OUTPUT_BETA);
  return isExtended && model.extendedOutput ? EXTENDED_OUTPUT_TOKENS_MAX : model.outputTokensMax;
}

// The simulator fetches nothing: a host under `.invalid`, which no name server knows, stands for a dead link.
function checkUrls(params: Params): string | null {
  const isDead = (value: unknown): boolean => {
    if (Array.isArray(value)) return (value as unknown[]).some(isDead);
    if (!isObject(value)) return false;
    if (value['type'] === 'url' && typeof value['url'] === 'string')
      return /^https?:\/\/[^/]*\.invalid(?:[:/]|$)/.test(value['url']);
    return Object.values(value).some(isDead);
  };
  return isDead(params['messages'])
    ? 'Unable to download the file. Please verify the URL and try again.'
    : null;
}
