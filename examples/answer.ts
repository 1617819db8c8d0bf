import type { JobResult } from 'temporal-message-batches';

/** The text blocks of a succeeded request's answer, joined. */
export function textOf({ result }: JobResult): string {
  return result.message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}
