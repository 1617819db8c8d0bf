import { parseJobInput } from '../../src/core/plan/job-input';
import { OPTION_NAMES, OPTIONS_DEFAULT, resolveOptions } from '../../src/contract/options';

describe('resolveOptions', () => {
  test.each([undefined, null, {}, { checkMin: undefined, betas: null }])(
    'nothing set gives the defaults: %j',
    (options) => {
      expect(resolveOptions(options)).toEqual(OPTIONS_DEFAULT);
    }
  );

  test('durations are strings or milliseconds, and become whole milliseconds', () => {
    expect(
      resolveOptions({
        checkMin: '1.5s',
        checkMax: 90_000.4,
        retryDelay: 0,
        submitTimeout: '2 minutes',
        lostAnswerWait: '1h',
      })
    ).toMatchObject({
      checkMinMs: 1_500,
      checkMaxMs: 90_000,
      retryDelayMs: 0,
      submitTimeoutMs: 120_000,
      lostAnswerWaitMs: 3_600_000,
    });
  });

  test('a `checkMin` above the default of `checkMax` takes it along', () => {
    expect(resolveOptions({ checkMin: '2h' })).toMatchObject({
      checkMinMs: 7_200_000,
      checkMaxMs: 7_200_000,
    });
    expect(() => resolveOptions({ checkMin: '2h', checkMax: '1h' })).toThrow(
      'less than `checkMin`'
    );
  });

  test('the former name of an option is refused, and the new one named', () => {
    expect(() => resolveOptions({ orphanWait: '1h' })).toThrow(
      'The option `orphanWait` is now called `lostAnswerWait`.'
    );
    expect(() =>
      parseJobInput({ requests: { uri: 'file:///requests.jsonl' }, orphanWait: '1h' })
    ).toThrow('The option `orphanWait` is now called `lostAnswerWait`.');
  });

  test('betas are said once each', () => {
    expect(resolveOptions({ betas: ['b', 'a', 'b'] }).betas).toEqual(['b', 'a']);
  });

  test.each([
    ['checkMin', '1ms', 'at least 50 ms'],
    ['checkMin', 'soon', 'such as "30s"'],
    ['checkMin', Number.NaN, 'such as "30s"'],
    ['checkMax', '31d', 'at most 30 days'],
    ['retryDelay', -1, 'at least 0 ms'],
    ['submitTimeout', '999ms', 'at least 1000 ms'],
    ['lostAnswerWait', {}, 'such as "30s"'],
    ['maxAttempts', 0, 'from 1 to 100'],
    ['maxAttempts', 1.5, 'from 1 to 100'],
    ['maxAttempts', '3', 'from 1 to 100'],
    ['lostAnswer', 'wait', '"find" or "ask"'],
    ['betas', 'b', 'list of beta names'],
    ['betas', ['a,b'], 'list of beta names'],
    ['betas', ['a\r\nx-evil: 1'], 'list of beta names'],
    ['apiVersion', '2024-01-01', 'one of 2026-10-21, 2023-06-01'],
    ['account', 'no spaces', '1 to 64 letters'],
    ['searchAttributes', 'yes', 'true or false'],
    ['params', [], 'a JSON object'],
    ['params', 'x', 'a JSON object'],
  ])('%s: %j is refused', (name, value, says) => {
    expect(() => resolveOptions({ [name]: value })).toThrow(RangeError);
    expect(() => resolveOptions({ [name]: value })).toThrow(`\`${name}\``);
    expect(() => resolveOptions({ [name]: value })).toThrow(says);
  });

  test('all problems are told together, unknown names with the nearest one', () => {
    expect(() => resolveOptions({ checkmin: 1, wholly: 2, maxAttempts: 0 })).toThrow(
      /"checkmin"; did you mean `checkMin`\?.*"wholly"\..*maxAttempts/
    );
    expect(() => resolveOptions([])).toThrow('got a list');
    expect(() => resolveOptions('x'.repeat(1_000))).toThrow(/^.{1,100}$/);
  });

  test('a private value of the wrong type is not repeated', () => {
    expect(() => resolveOptions({ params: 'SECRET', lostAnswerWait: { key: 'SECRET' } })).toThrow(
      /^(?!.*SECRET)/
    );
  });

  test('`params` stays out of the options in force', () => {
    expect(resolveOptions({ params: { system: 'SECRET' } })).toEqual(OPTIONS_DEFAULT);
    expect(OPTION_NAMES).toContain('params');
  });
});
