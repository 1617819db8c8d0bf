/** Goal: every answer has its failure, and no failure repeats what was sent. Method: the SDK's own errors. */
import { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { retryAfterMs, toFailure } from '../../../activities/api/http-failures';

const CONTEXT = { what: 'the creation of a batch' };

interface Body {
  readonly type?: string;
  readonly message?: string;
  readonly details?: object;
}

function answer(
  status: number,
  body: Body | undefined,
  headers: Record<string, string> = {}
): APIError {
  const envelope = body && { type: 'error', error: body, request_id: 'req_01' };
  return APIError.generate(status, envelope, undefined, new Headers(headers));
}

describe('toFailure', () => {
  test.each<{ status: number; body?: Body; type: string }>([
    { status: 400, body: { type: 'invalid_request_error' }, type: 'Refused' },
    { status: 401, body: { type: 'authentication_error' }, type: 'Authentication' },
    { status: 402, body: { type: 'billing_error' }, type: 'Billing' },
    { status: 403, body: { type: 'permission_error' }, type: 'Authentication' },
    { status: 404, body: { type: 'not_found_error' }, type: 'Refused' },
    { status: 408, type: 'ApiUnavailable' },
    { status: 409, body: { type: 'conflict_error' }, type: 'ApiUnavailable' },
    { status: 413, type: 'Refused' },
    { status: 418, type: 'Refused' },
    { status: 422, type: 'Refused' },
    { status: 429, body: { type: 'rate_limit_error' }, type: 'RateLimited' },
    { status: 500, body: { type: 'api_error' }, type: 'ApiUnavailable' },
    { status: 503, type: 'ApiUnavailable' },
    { status: 504, body: { type: 'timeout_error' }, type: 'ApiUnavailable' },
    { status: 529, body: { type: 'overloaded_error' }, type: 'ApiUnavailable' },
    { status: 307, type: 'ApiUnavailable' },
  ])('a $status is $type', ({ status, body, type }) => {
    expect(toFailure(answer(status, body), CONTEXT).type).toBe(`MessageBatch.${type}`);
  });

  test.each<{ name: string; status: number; body: Body }>([
    {
      name: 'low credit as a 400',
      status: 400,
      body: { type: 'invalid_request_error', message: 'Your credit balance is too low to…' },
    },
    {
      name: "the organization's own limit",
      status: 400,
      body: { message: 'You have reached your specified API usage limits. You will regain…' },
    },
    {
      name: "the workspace's own limit",
      status: 400,
      body: { message: 'You have reached your specified workspace API usage limits.' },
    },
    {
      name: "the tier's limit as a 429",
      status: 429,
      body: { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } },
    },
    {
      name: "a contract's limit",
      status: 429,
      body: { details: { error_code: 'contract_spend_limit_reached' } },
    },
    {
      name: 'an organization on hold',
      status: 400,
      body: { details: { error_code: 'organization_on_hold' } },
    },
  ])('$name is Billing', ({ status, body }) => {
    expect(toFailure(answer(status, body), CONTEXT)).toMatchObject({
      type: 'MessageBatch.Billing',
      nonRetryable: true,
    });
  });

  test('a 404 about a batch may be a batch that is not visible yet, whatever x-should-retry says', () => {
    const error = answer(404, { type: 'not_found_error' }, { 'x-should-retry': 'false' });
    expect(toFailure(error, { ...CONTEXT, batchId: 'msgbatch_01' })).toMatchObject({
      type: 'MessageBatch.BatchNotFound',
      nonRetryable: false,
    });
  });

  test.each([
    { header: 'true', status: 400, nonRetryable: false },
    { header: 'false', status: 529, nonRetryable: true },
  ])('x-should-retry: $header beats the table', ({ header, status, nonRetryable }) => {
    const error = answer(status, { type: 'x' }, { 'x-should-retry': header });
    expect(toFailure(error, CONTEXT).nonRetryable).toBe(nonRetryable);
  });

  test('the delay that the API asks for is in the failure, for Temporal and for the Workflow', () => {
    const error = answer(429, { type: 'rate_limit_error' }, { 'retry-after': '7' });
    const failure = toFailure(error, CONTEXT);
    expect(failure.nextRetryDelay).toBe(7000);
    expect(failure.details?.[0]).toMatchObject({ status: 429, retryAfterMs: 7000 });
  });

  test('nothing that the API or the transport says gets into a failure', () => {
    const secrets = ['sk-ant-api03-secret', 'Secret prompt', 'user id 7'];
    const secret = secrets.join(' ');
    const headers = { 'request-id': 'req_011', 'x-echo': secret, 'retry-after': '1' };
    const connection = new APIConnectionError({
      message: secret,
      cause: Object.assign(new Error(secret), { code: secret }),
    });
    const errors = [
      answer(400, { type: 'invalid_request_error', message: `requests.0: ${secret}` }, headers),
      answer(400, { type: secret, message: secret, details: { error_code: secret } }, headers),
      answer(400, { type: 'invalid_request_error', message: `${secret} API key is invalid.` }),
      answer(400, { message: `Your credit balance is too low ${secret}` }, headers),
      answer(500, undefined, { 'request-id': secret }),
      APIError.generate(413, undefined, `<html>${secret}</html>`, new Headers(headers)),
      connection,
      new TypeError(secret, { cause: new Error(secret) }),
      secret,
    ];
    for (const error of errors) {
      const failure = toFailure(error, CONTEXT);
      const shown = JSON.stringify([failure.message, failure.details, failure.type]);
      for (const each of secrets) expect(shown).not.toContain(each);
      expect(failure.cause).toBeUndefined();
    }
  });

  test('a known text without input is repeated, with status, type and request id', () => {
    const error = answer(
      401,
      { type: 'authentication_error', message: 'API key is invalid.' },
      { 'request-id': 'req_011CSHoEeqs5C35K2UUqR7Fy' }
    );
    expect(toFailure(error, CONTEXT).message).toBe(
      'The API answered 401 authentication_error to the creation of a batch: API key is invalid (request-id req_011CSHoEeqs5C35K2UUqR7Fy).'
    );
  });

  test('a lost connection names its code', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
    });
    const error = new APIConnectionError({ cause: new TypeError('fetch failed', { cause }) });
    expect(toFailure(error, CONTEXT)).toMatchObject({
      type: 'MessageBatch.ApiUnavailable',
      message: 'No answer from the API to the creation of a batch (ECONNREFUSED).',
    });
  });

  test('a failure of our own inside the SDK stays what it is', () => {
    const own = ApplicationFailure.create({ type: 'MessageBatch.UnexpectedAnswer' });
    expect(toFailure(new APIConnectionError({ cause: own }), CONTEXT)).toBe(own);
  });
});

describe('retryAfterMs', () => {
  test.each<{ name: string; headers: Record<string, string>; ms: number | undefined }>([
    { name: 'nothing', headers: {}, ms: undefined },
    { name: 'seconds', headers: { 'retry-after': '2.5' }, ms: 2500 },
    {
      name: 'milliseconds before seconds',
      headers: { 'retry-after-ms': '20', 'retry-after': '9' },
      ms: 20,
    },
    { name: 'zero', headers: { 'retry-after': '0' }, ms: undefined },
    { name: 'nonsense', headers: { 'retry-after': 'soon' }, ms: undefined },
    { name: 'a year', headers: { 'retry-after': '31536000' }, ms: 3_600_000 },
    {
      name: "a date, by the answer's own clock",
      headers: {
        'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT',
        date: 'Wed, 21 Oct 2026 07:28:00 GMT',
      },
      ms: 30_000,
    },
  ])('$name', ({ headers, ms }) => {
    expect(retryAfterMs(new Headers(headers))).toBe(ms);
  });
});
