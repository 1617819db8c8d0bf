import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  RetryState,
} from '@temporalio/common';
import {
  FAILURES,
  failure,
  findMessageBatchFailure,
  isFailureType,
  isMessageBatchFailure,
  type FailureType,
} from '../../src/contract/failures';

function wrapped(cause: Error): Error {
  const activity = new ActivityFailure(
    'Activity task failed',
    'messageBatchCheck',
    '1',
    RetryState.MAXIMUM_ATTEMPTS_REACHED,
    'worker',
    cause
  );
  return new ChildWorkflowFailure(
    'default',
    { workflowId: 'job/chunk-1-0', runId: 'run' },
    'messageBatchChunk',
    RetryState.RETRY_POLICY_NOT_SET,
    activity
  );
}

describe('failure', () => {
  test.each(Object.keys(FAILURES) as FailureType[])('%s is retried as the table says', (type) => {
    const error = failure(type, 'What is wrong.');
    expect(error).toMatchObject({ type, nonRetryable: !FAILURES[type].retryable });
    expect(isFailureType(type)).toBe(true);
  });

  test('carries details and the delay that the API asked for', () => {
    const details = { batchId: 'msgbatch_1', status: 429 };
    const error = failure('MessageBatch.RateLimited', 'Slow down.', {
      details,
      retryAfterMs: 5_000,
    });
    expect(error).toMatchObject({ details: [details], nextRetryDelay: 5_000, nonRetryable: false });
  });
});

describe('findMessageBatchFailure', () => {
  const found = failure('MessageBatch.Billing', 'No credit.');

  test('looks below the wrappers of Activities and children', () => {
    expect(findMessageBatchFailure(wrapped(found))).toBe(found);
    expect(isMessageBatchFailure(wrapped(found), 'MessageBatch.Billing')).toBe(true);
    expect(isMessageBatchFailure(wrapped(found), 'MessageBatch.Refused')).toBe(false);
  });

  test.each([
    undefined,
    null,
    'text',
    new Error('x'),
    ApplicationFailure.create({ type: 'Other' }),
  ])('nothing of ours in %s', (error) => {
    expect(findMessageBatchFailure(error)).toBeNull();
  });

  test('ends where causes go round in a circle', () => {
    const a = new Error('a');
    a.cause = new Error('b', { cause: a });
    expect(findMessageBatchFailure(a)).toBeNull();
  });

  test('is not taken in by names of every object', () => {
    expect(isFailureType('constructor')).toBe(false);
    expect(isFailureType('__proto__')).toBe(false);
  });
});
