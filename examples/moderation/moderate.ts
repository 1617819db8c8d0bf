/** Moderates posts at scale. Whatever is not clearly allowed is looked at by a person. */
import type { BatchRequest, MessageBatches, MessageParams } from 'temporal-message-batches';
import { textOf } from '../answer';
import { withBatches } from '../connect';

export interface Post {
  readonly id: string;
  readonly text: string;
}

export type Decision = 'allowed' | 'blocked' | 'review';

const DEFAULTS: MessageParams = {
  model: 'claude-haiku-4-5',
  max_tokens: 16,
  system: [
    {
      type: 'text',
      text:
        'You moderate a hobby forum. Blocked: threats, slurs, personal data of others, advertising. ' +
        'Answer with one word: allowed, blocked or unsure.',
      // The same in every request, so it can be read from the cache; an hour fits a batch better than five minutes.
      cache_control: { type: 'ephemeral', ttl: '1h' },
    },
  ],
};

/**
 * Yields a decision for every post, in the order of the posts: succeeded requests first, then the others.
 *
 * A refusal is a result that succeeded: `stop_reason` tells. Here it means that a person should look, as does a
 * request that failed for good.
 */
export async function* moderate(
  batches: MessageBatches,
  posts: Iterable<Post>,
  jobId: string
): AsyncGenerator<{ id: string; decision: Decision }> {
  const job = await batches.start(toRequests(posts), { jobId, params: DEFAULTS, maxAttempts: 5 });
  for await (const result of job.results()) {
    const { stop_reason: stopReason } = result.result.message;
    const decision = stopReason === 'end_turn' ? toDecision(textOf(result)) : 'review';
    yield { id: result.custom_id, decision };
  }
  for await (const { custom_id: id } of job.failures()) yield { id, decision: 'review' };
}

function* toRequests(posts: Iterable<Post>): Generator<BatchRequest> {
  for (const { id, text } of posts) {
    const content = `<post>${text}</post>`;
    yield { custom_id: id, params: { messages: [{ role: 'user', content }] } };
  }
}

function toDecision(answer: string): Decision {
  const word = answer.trim().toLowerCase();
  return word === 'allowed' || word === 'blocked' ? word : 'review';
}

if (require.main === module) {
  const posts = [
    { id: 'post-1', text: 'Which glue holds balsa wood?' },
    { id: 'post-2', text: 'Buy cheap watches at …' },
  ];
  void withBatches(async (batches) => {
    for await (const { id, decision } of moderate(batches, posts, 'moderation-example')) {
      console.log(id, decision);
    }
  });
}
