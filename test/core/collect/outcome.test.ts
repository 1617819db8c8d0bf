import {
  classifyResult,
  failureTypeOf,
  findAccountReason,
} from '../../../src/core/collect/outcome';

const CONTEXT = { attempt: 1, maxAttempts: 3, canceledByUs: false };

function errored(type: string, more: { message?: string; details?: object } = {}): object {
  const error = { details: null, type, message: 'Some text.', ...more };
  return { type: 'errored', error: { type: 'error', error, request_id: null } };
}

describe('classifyResult', () => {
  test.each([
    { name: 'succeeded', result: { type: 'succeeded', message: {} }, outcome: 'done' },
    { name: 'expired', result: { type: 'expired' }, outcome: 'retry', kind: 'retry' },
    { name: 'canceled by others', result: { type: 'canceled' }, outcome: 'give_up' },
    { name: 'missing', result: { type: 'missing' }, outcome: 'give_up' },
    ...['overloaded_error', 'api_error', 'timeout_error', 'rate_limit_error'].map((type) => ({
      name: type,
      result: errored(type),
      outcome: 'retry',
      kind: 'retry',
    })),
    ...['invalid_request_error', 'not_found_error', 'permission_error', 'request_too_large'].map(
      (type) => ({ name: type, result: errored(type), outcome: 'give_up' })
    ),
    ...['authentication_error', 'billing_error'].map((type) => ({
      name: type,
      result: errored(type),
      outcome: 'retry',
      kind: 'account',
    })),
    {
      name: 'low credit as an invalid request',
      result: errored('invalid_request_error', { message: 'Your credit balance is too low to…' }),
      outcome: 'retry',
      kind: 'account',
    },
    {
      name: 'a spend limit as a rate limit',
      result: errored('rate_limit_error', {
        details: { error_code: 'enforced_spend_limit_reached' },
      }),
      outcome: 'retry',
      kind: 'account',
    },
  ])('$name is $outcome', ({ result, outcome, ...more }) => {
    expect(classifyResult(result, CONTEXT)).toMatchObject({
      outcome,
      ...('kind' in more ? { kind: more.kind } : {}),
    });
  });

  test('what our own cancellation canceled is stopped', () => {
    const verdict = classifyResult({ type: 'canceled' }, { ...CONTEXT, canceledByUs: true });
    expect(verdict).toEqual({ outcome: 'stopped', type: 'canceled' });
  });

  test.each([
    { attempt: 2, outcome: 'retry' },
    { attempt: 3, outcome: 'give_up' },
    { attempt: 4, outcome: 'give_up' },
  ])('attempt $attempt of 3 that expired is $outcome', ({ attempt, outcome }) => {
    expect(classifyResult({ type: 'expired' }, { ...CONTEXT, attempt }).outcome).toBe(outcome);
    expect(classifyResult(errored('api_error'), { ...CONTEXT, attempt }).outcome).toBe(outcome);
  });

  test('what the account stopped is tried again however often it was', () => {
    const verdict = classifyResult(errored('billing_error'), { ...CONTEXT, attempt: 9 });
    expect(verdict).toMatchObject({ outcome: 'retry', kind: 'account' });
  });

  test.each([
    { name: 'a new result type', result: { type: 'postponed' }, named: 'postponed' },
    { name: 'a new error type', result: errored('cosmic_ray'), named: 'cosmic_ray' },
    { name: 'no type', result: {}, named: '(unreadable)' },
    { name: 'input as a type', result: { type: 'My prompt!' }, named: '(unreadable)' },
    { name: 'a name of Object', result: errored('constructor'), named: 'constructor' },
    { name: 'no error', result: { type: 'errored' }, named: '(unreadable)' },
  ])('$name is a failure of its request, named $named', ({ result, named }) => {
    expect(classifyResult(result, CONTEXT)).toEqual({ outcome: 'give_up', type: 'errored' });
    expect(failureTypeOf(result)).toBe(named);
  });

  test('an error of an unknown type that the account caused is tried again', () => {
    const result = errored('new_error', { details: { error_code: 'organization_on_hold' } });
    expect(classifyResult(result, CONTEXT)).toMatchObject({ outcome: 'retry', kind: 'account' });
  });
});

describe('findAccountReason', () => {
  test("says it in our words, never in the API's", () => {
    const message = 'Your credit balance is too low to access sk-ant-secret';
    expect(findAccountReason({ message })).toBe('the credit balance is too low');
  });

  test('is null for other errors', () => {
    expect(findAccountReason({ type: 'invalid_request_error', message: 'messages: x' })).toBeNull();
    expect(findAccountReason(undefined)).toBeNull();
  });
});

describe('failureTypeOf', () => {
  test('reads the inner type', () => {
    expect(failureTypeOf(errored('api_error'))).toBe('api_error');
    expect(failureTypeOf({ type: 'errored', error: { type: 'api_error' } })).toBe('api_error');
  });
});
