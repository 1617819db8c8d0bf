/**
 * Goal: the numbers of docs/cost.md are so. Method: prices are compared with the table in the code.
 * `measured.test.ts` counts checks, events and Actions.
 */
import { BATCH_PERCENT, findPrices } from '../../src/core/money/prices';
import { CHUNK_WINDOW } from '../../src/contract/limits';
import { code, read, section, table } from './documents';

const DOCUMENT = read('docs/cost.md');

describe('docs/cost.md', () => {
  test('shows the prices of the table', () => {
    const rows = table(section(DOCUMENT, '## Prices'));
    expect(rows.length).toBeGreaterThan(4);
    for (const [model = '', ...shown] of rows) {
      const prices = findPrices(code(model)[0] ?? '');
      const batch = BATCH_PERCENT / 100;
      expect(shown.map(Number)).toEqual(
        prices && [
          prices.input,
          prices.input * batch,
          prices.cacheRead * batch,
          prices.output * batch,
        ]
      );
    }
  });

  test('names how many batches are at the API at a time', () => {
    expect(CHUNK_WINDOW).toBe(10);
    expect(section(DOCUMENT, '## Limits of the API')).toContain(
      'has ten batches at the API at a time'
    );
  });
});
