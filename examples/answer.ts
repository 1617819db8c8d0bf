import type Anthropic from '@anthropic-ai/sdk';
import type { JobResult } from 'temporal-message-batches';

/** The API's Message of a succeeded request. */
export function messageOf({ result }: JobResult): Anthropic.Message {
  return result.message as unknown as Anthropic.Message;
}

/** The answer's text blocks, joined. */
export function textOf(result: JobResult): string {
  return messageOf(result)
    .content.map((block) => (block.type === 'text' ? block.text : ''))
    .join('');
}
