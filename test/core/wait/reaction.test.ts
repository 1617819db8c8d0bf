import { FAILURES, type FailureType } from '../../../src/contract/failures';
import { reaction } from '../../../src/core/wait/reaction';

describe('reaction', () => {
  test.each([
    ['MessageBatch.RateLimited', { do: 'retry' }],
    ['MessageBatch.ApiUnavailable', { do: 'retry' }],
    ['MessageBatch.StoreUnavailable', { do: 'retry' }],
    // Retryable too: Temporal has tried it on several Workers before the job pauses.
    ['MessageBatch.WrongWorker', { do: 'pause', kind: 'worker' }],
    ['MessageBatch.BatchNotFound', { do: 'pause', kind: 'batch' }],
    ['MessageBatch.Billing', { do: 'pause', kind: 'account' }],
    ['MessageBatch.Refused', { do: 'pause', kind: 'refused' }],
    ['MessageBatch.BadRequests', { do: 'fail' }],
    ['MessageBatch.StoreDamaged', { do: 'fail' }],
    ['retryable', { do: 'retry' }],
    ['unknown', { do: 'fail' }],
  ] as const)('to %s', (cause, expected) => {
    expect(reaction(cause)).toEqual(expected);
  });

  test('a failure that Temporal must not retry never makes the Workflow retry it silently', () => {
    const types = Object.keys(FAILURES) as FailureType[];
    const retried = types.filter((type) => reaction(type).do === 'retry');
    expect(retried.filter((type) => !FAILURES[type].retryable)).toEqual([]);
  });
});
