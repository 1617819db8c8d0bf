import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toErrorEnvelope } from '../../api-shapes/answers';
import type { Answer, ResultChunks, StreamEdit } from '../../api-shapes/answers';

/** How a call ended: the HTTP status, or that the connection did not last. */
export type SendEnd = number | 'dropped' | 'aborted';

/** Sends an answer; bodies that are made on the way are made no faster than they are read. */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  headers: Readonly<Record<string, string>>,
  edits: readonly StreamEdit[]
): Promise<SendEnd> {
  const { body, status } = answer;
  const requestId = headers['request-id'] ?? '';
  if (response.destroyed) return 'aborted';
  response.sendDate = false;
  response.writeHead(status, { ...headers, ...contentTypeOf(answer), ...answer.headers });
  switch (body.type) {
    case 'json':
      return sendText(response, status, JSON.stringify(body.value));
    case 'error':
      return sendText(response, status, JSON.stringify(toErrorEnvelope(body.error, requestId)));
    case 'text':
      return sendText(response, status, body.text);
    case 'stream':
      return sendChunks(response, status, body.open(edits));
  }
}

/** Tears the connection down with a reset, as a crash on the way would. */
export function tearDown(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function contentTypeOf({ body }: Answer): Record<string, string> {
  if (body.type === 'json' || body.type === 'error') return { 'content-type': 'application/json' };
  return body.contentType === null ? {} : { 'content-type': body.contentType };
}

// The API sends no `content-length`: a write before the end makes the body chunked.
function sendText(response: ServerResponse, status: number, text: string): SendEnd {
  if (text !== '') response.write(text);
  response.end();
  return status;
}

async function sendChunks(
  response: ServerResponse,
  status: number,
  chunks: ResultChunks
): Promise<SendEnd> {
  response.flushHeaders();
  for await (const chunk of chunks) {
    if (response.destroyed) return 'aborted';
    if (chunk === 'reset') {
      // What was written must leave first: a reset throws away what still waits.
      await nextTurn();
      tearDown(response);
      return 'dropped';
    }
    if (chunk.length > 0 && !response.write(chunk)) await drained(response);
  }
  response.end();
  return status;
}

async function drained(response: ServerResponse): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  // A client that goes away never drains.
  await Promise.race([
    once(response, 'drain', { signal }),
    once(response, 'close', { signal }),
  ]).finally(() => {
    stop.abort();
  });
}
