import { nearest } from '../../src/contract/nearest';
import { OPTION_NAMES } from '../../src/contract/options';

describe('nearest', () => {
  test.each([
    ['checkmin', 'checkMin'],
    ['check_max', 'checkMax'],
    ['check-min', 'checkMin'],
    ['maxAttempt', 'maxAttempts'],
    ['retrydelays', 'retryDelay'],
    ['acount', 'account'],
    ['beta', 'betas'],
    ['version', null],
    ['temperature', null],
    ['', null],
    ['x'.repeat(10_000), null],
  ])('%s', (name, known) => {
    expect(nearest(name, OPTION_NAMES)).toBe(known);
  });
});
