import { errorAnswer, invalid, jsonAnswer, notFound } from '../../api-shapes/answers';
import type { Answer } from '../../api-shapes/answers';
import { toSource } from './create';
import { isObject } from '../requests/create-validation';
import { keyOf } from '../../api-shapes/ids';
import { findItemProblem } from '../requests/item-validation';
import type { ItemContext } from '../requests/item-validation';
import { cutPage, parsePageQuery } from '../../api-shapes/list';
import { toMessage } from '../state/message';
import { MODELS, findModel, toModelInfo } from '../../api-shapes/models';
import { succeeded } from '../state/scripted-result';
import { inputTokensOf } from '../requests/params-text';
import { parseStrictJson, StrictJsonProblem } from '../requests/strict-json';

/** `POST /v1/messages`: checked like a batch's request, so that one request can be tried before many. */
export function createMessage(body: Buffer, context: ItemContext): Answer {
  const params = parseObject(body);
  if (typeof params === 'string') return invalid(params);
  const problem = findItemProblem(params, context);
  if (problem !== null) return errorAnswer({ type: problem.errorType, message: problem.message });
  // Outside batches there are no attempts; 0 keeps the id apart from those of batches.
  const source = { ...toSource(params), key: keyOf(params), attempt: 0 };
  return jsonAnswer(toMessage(source, succeeded(), 'standard'));
}

/** `POST /v1/messages/count_tokens`. */
export function countTokens(body: Buffer, context: ItemContext): Answer {
  const params = parseObject(body);
  if (typeof params === 'string') return invalid(params);
  const problem = findItemProblem({ max_tokens: 1, ...params }, context);
  if (problem !== null) return errorAnswer({ type: problem.errorType, message: problem.message });
  return jsonAnswer({ input_tokens: inputTokensOf(params) });
}

export function listModels(query: URLSearchParams): Answer {
  const pageQuery = parsePageQuery(query);
  if (typeof pageQuery === 'string') return invalid(pageQuery);
  const page = cutPage(MODELS, (model) => model.id, pageQuery);
  if (page === undefined)
    return notFound(`model: ${pageQuery.afterId ?? pageQuery.beforeId ?? ''}`);
  return jsonAnswer({ ...page, data: page.data.map(toModelInfo) });
}

export function retrieveModel(id: string): Answer {
  const model = findModel(id);
  return model === undefined ? notFound(`model: ${id}`) : jsonAnswer(toModelInfo(model));
}

function parseObject(body: Buffer): Record<string, unknown> | string {
  let value: unknown;
  try {
    value = parseStrictJson(body);
  } catch (error) {
    if (!(error instanceof StrictJsonProblem)) throw error;
    return `The request body is not valid JSON: ${error.message}: line 1 column 1 (char 0)`;
  }
  return isObject(value) ? value : 'Input should be an object';
}
