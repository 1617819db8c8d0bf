/** What becomes of one request: decided by the test's script when its batch is created. */
export type ScriptedResult = SucceededResult | ErroredResult | ExpiredResult | CanceledResult;

export interface SucceededResult {
  readonly type: 'succeeded';
  /** Text of the answer. Defaults to one that names the request's key and attempt. */
  readonly text?: string;
  /** Content blocks of the answer in the API's spelling, instead of one text block. */
  readonly content?: readonly unknown[];
  /** @default 'end_turn' */
  readonly stopReason?: string;
  readonly stopSequence?: string;
  readonly stopDetails?: Readonly<Record<string, unknown>>;
  /** Fields that replace those of the computed usage, in the API's spelling. */
  readonly usage?: Readonly<Record<string, unknown>>;
  /** Milliseconds after the batch's creation at which the request finishes. Defaults to its share of the batch time. */
  readonly finishAfterMs?: number;
}

export interface ErroredResult {
  readonly type: 'errored';
  /** The API's `error.type`, for example `overloaded_error`; may be one that no API ever sent. */
  readonly errorType: string;
  /** Defaults to the API's usual text for the type. */
  readonly message?: string;
  /** `error.details` of the line. @default null */
  readonly details?: Readonly<Record<string, unknown>> | null;
  /** True where the API refused the request before it ran: the line's `request_id` is then null. @default false */
  readonly beforeExecution?: boolean;
  /** Milliseconds after the batch's creation at which the request fails. */
  readonly finishAfterMs?: number;
}

/** Never finishes: its batch lasts until its `expires_at`, or until it is canceled. */
export interface ExpiredResult {
  readonly type: 'expired';
}

/** Canceled by someone else, as from the Console. */
export interface CanceledResult {
  readonly type: 'canceled';
  readonly finishAfterMs?: number;
}

/** What a script is told about a request. */
export interface ScriptedRequest {
  readonly customId: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** SHA-256 of the params' JSON in hex; see `keyOf`. */
  readonly key: string;
  /** From 1: how many earlier batches of the workspace held the same params, plus one. */
  readonly attempt: number;
  /** 0-based position in its batch. */
  readonly index: number;
  readonly batchId: string;
  /** The model as the request spells it; empty where it names none. */
  readonly model: string;
}

/**
 * Decides what becomes of a request; undefined leaves it to succeed.
 *
 * It is asked while the body of a `create` arrives, for requests that the API would run, and once for each.
 * A batch that is refused afterwards leaves no trace of it.
 */
export type ResultScript = (request: ScriptedRequest) => ScriptedResult | undefined;

/** What can be set of a scripted result. */
export type ResultSettings<T extends ScriptedResult> = Omit<T, 'type'>;

/** Succeeds, with this text, or with these settings. */
export function succeeded(answer: string | ResultSettings<SucceededResult> = {}): SucceededResult {
  return { type: 'succeeded', ...(typeof answer === 'string' ? { text: answer } : answer) };
}

/** Fails with this `error.type`. */
export function errored(
  errorType: string,
  settings: Partial<ResultSettings<ErroredResult>> = {}
): ErroredResult {
  return { type: 'errored', errorType, ...settings };
}

/** Never finishes. */
export function expired(): ExpiredResult {
  return { type: 'expired' };
}

/** Is canceled, though no client canceled the batch through the API. */
export function canceled(settings: ResultSettings<CanceledResult> = {}): CanceledResult {
  return { type: 'canceled', ...settings };
}

/** Succeeds with a refusal: `stop_reason` says so, and the API bills it. */
export function refused(
  settings: ResultSettings<SucceededResult> & { category?: string } = {}
): SucceededResult {
  const { category = 'cyber', ...rest } = settings;
  const stopDetails = { type: 'refusal', category, explanation: 'Refused by the simulator.' };
  return { type: 'succeeded', text: '', stopReason: 'refusal', stopDetails, ...rest };
}

/** Succeeds with an answer that `max_tokens` cut. */
export function maxTokens(settings: ResultSettings<SucceededResult> = {}): SucceededResult {
  return { type: 'succeeded', stopReason: 'max_tokens', ...settings };
}
