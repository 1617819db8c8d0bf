/** What a call is answered with, before any HTTP happens. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnswerBody;
}

export type AnswerBody =
  | { readonly type: 'json'; readonly value: Record<string, unknown> }
  | { readonly type: 'error'; readonly error: ErrorBody }
  | { readonly type: 'text'; readonly text: string; readonly contentType: string | null }
  | { readonly type: 'stream'; readonly open: OpenChunks; readonly contentType: string };

/** Opens a body that is produced while it is sent, with these edits applied. */
export type OpenChunks = (edits: readonly StreamEdit[]) => ResultChunks;

/** Pieces of a body; `reset` after the last one says that the connection is then reset. */
export type ResultChunks = AsyncIterable<Buffer | 'reset'>;

/** A change to a body of lines while it is sent. Positions are 0-based and count lines as they are sent. */
export interface StreamEdit {
  /** The lines that are sent instead of this one, without line ends. */
  readonly editLine?: (line: string, position: number) => readonly string[];
  /** Ends the body early: after this many whole lines, or in the middle of the next one. */
  readonly cut?: {
    readonly afterLines: number;
    readonly isMidLine: boolean;
    readonly end: 'clean' | 'reset';
  };
  /** Real milliseconds between pieces of the body. */
  readonly slow?: { readonly chunkBytes: number; readonly delayMs: number };
  readonly hasNoFinalNewline?: boolean;
}

export interface ErrorBody {
  readonly type: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>> | null;
}

/** Which HTTP status goes with which `error.type`, and the API's usual text. */
const ERRORS: Readonly<Record<string, { readonly status: number; readonly message: string }>> = {
  invalid_request_error: { status: 400, message: 'Invalid request.' },
  authentication_error: { status: 401, message: 'API key is invalid.' },
  billing_error: { status: 402, message: 'There is an issue with your billing or payment.' },
  permission_error: { status: 403, message: 'Your API key does not have permission for this.' },
  not_found_error: { status: 404, message: 'Not found' },
  conflict_error: { status: 409, message: 'Conflict' },
  request_too_large: { status: 413, message: 'Request exceeds the maximum size' },
  rate_limit_error: { status: 429, message: 'This request would exceed your rate limit.' },
  api_error: { status: 500, message: 'Internal server error' },
  timeout_error: { status: 504, message: 'Request timed out' },
  overloaded_error: { status: 529, message: 'Overloaded' },
};

export function statusOf(errorType: string): number {
  return ERRORS[errorType]?.status ?? 500;
}

export function usualMessage(errorType: string): string {
  return ERRORS[errorType]?.message ?? 'An error of an unknown type.';
}

/** The `error.type` that goes with a status: what a fault without a type of its own says. */
export function errorTypeOf(status: number): string {
  const known = Object.entries(ERRORS).find(([, row]) => row.status === status);
  return known?.[0] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

export function jsonAnswer(
  value: Record<string, unknown>,
  headers: Readonly<Record<string, string>> = {}
): Answer {
  return { status: 200, headers, body: { type: 'json', value } };
}

/**
 * An error in the API's envelope.
 *
 * 401 and 404 carry `x-should-retry: false`, as recorded.
 */
export function errorAnswer(
  error: ErrorBody,
  status: number = statusOf(error.type),
  headers: Readonly<Record<string, string>> = {}
): Answer {
  const retry: Record<string, string> =
    status === 401 || status === 404 ? { 'x-should-retry': 'false' } : {};
  return { status, headers: { ...retry, ...headers }, body: { type: 'error', error } };
}

export function invalid(message: string): Answer {
  return errorAnswer({ type: 'invalid_request_error', message });
}

export function notFound(message: string): Answer {
  return errorAnswer({ type: 'not_found_error', message });
}

/** What the proxy in front of the API says to a body that is too large: no JSON at all. */
export function tooLarge(): Answer {
  // Assumed: the text. Known is only that it may not be the JSON envelope.
  const text =
    '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n' +
    '<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n';
  return { status: 413, headers: {}, body: { type: 'text', text, contentType: 'text/html' } };
}

/** The error envelope in the field order of the wire. */
export function toErrorEnvelope(error: ErrorBody, requestId: string): Record<string, unknown> {
  const { type, message, details } = error;
  const inner = details === undefined ? { type, message } : { type, message, details };
  return { type: 'error', error: inner, request_id: requestId };
}
