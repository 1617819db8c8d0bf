import { JsonProblem, createBodyReader } from './create-body';

/** One element of `requests` that may be stored. */
export interface CheckedRequest {
  readonly customId: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly index: number;
}

export interface CreateCheck {
  write(chunk: Buffer): void;
  /** The message of the 400 that refuses the whole batch, or null where it is accepted. */
  end(): string | null;
}

/**
 * Checks the body of a `create` as it arrives, with the API's own messages.
 *
 * One bad id refuses the whole batch; `params` is not checked here. A body that is no JSON
 * is reported before everything else, so reading goes on after the first bad element.
 *
 * @param onRequest - called for every good element until the first bad one.
 * @param requestsMax - elements above this number refuse the batch.
 */
export function createCreateCheck(
  onRequest: (request: CheckedRequest) => void,
  requestsMax: number
): CreateCheck {
  const customIds = new Set<string>();
  let count = 0;
  let elementProblem: string | null = null;
  let duplicate: string | null = null;
  let jsonProblem: string | null = null;

  const reader = createBodyReader((element) => {
    const index = count;
    count += 1;
    if (elementProblem !== null || count > requestsMax) return;
    const checked = checkElement(element, index);
    if (typeof checked === 'string') {
      elementProblem = checked;
      return;
    }
    if (customIds.has(checked.customId)) duplicate ??= checked.customId;
    customIds.add(checked.customId);
    if (duplicate === null) onRequest(checked);
  });

  // A JSON problem is kept, not thrown: the rest of the body must still be read before the answer.
  function guarded<T>(read: () => T): T | null {
    try {
      return jsonProblem === null ? read() : null;
    } catch (error) {
      if (!(error instanceof JsonProblem)) throw error;
      jsonProblem = `The request body is not valid JSON: ${error.message}`;
      return null;
    }
  }

  return {
    write(chunk) {
      guarded(() => {
        reader.write(chunk);
      });
    },
    end() {
      const shape = guarded(() => reader.end());
      if (jsonProblem !== null) return jsonProblem;
      // Assumed: these three texts, in the manner of the validator that the API uses.
      if (shape === 'not-an-object') return 'Input should be an object';
      if (shape === 'no-requests') return 'requests: Field required';
      if (shape === 'requests-not-a-list') return 'requests: Input should be a valid list';
      if (count === 0) return 'requests: List should have at least 1 item after validation, not 0';
      // Assumed: the text. Known is only the status 400.
      if (count > requestsMax)
        return `requests: List should have at most ${requestsMax} items after validation, not ${count}`;
      if (elementProblem !== null) return elementProblem;
      if (duplicate !== null)
        return `requests: custom_id's must be unique within a batch. Duplicate custom_id found: ${duplicate}`;
      return null;
    },
  };
}

// Assumed: keys beside `custom_id` and `params` are let through, in elements as at the top.
function checkElement(element: unknown, index: number): CheckedRequest | string {
  const at = `requests.${index}`;
  if (!isObject(element)) return `${at}: Input should be an object`;
  const customId = element['custom_id'];
  if (customId === undefined) return `${at}.custom_id: Field required`;
  if (typeof customId !== 'string') return `${at}.custom_id: Input should be a valid string`;
  if (Array.from(customId).length > 64)
    return `${at}.custom_id: String should have at most 64 characters`;
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(customId))
    return `${at}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`;
  const params = element['params'];
  if (params === undefined) return `${at}.params: Field required`;
  if (!isObject(params)) return `${at}.params: Input should be an object`;
  return { customId, params, index };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
