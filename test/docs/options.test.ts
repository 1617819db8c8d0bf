/**
 * Goal: docs/options.md lists every option with its default. Method: its table is given to the validator.
 */
import ms from 'ms';
import { OPTION_NAMES, resolveOptions } from '../../src/contract/options';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names';
import { code, read, section, table } from './documents';

describe('docs/options.md', () => {
  const document = read('docs/options.md');
  const rows = table(document);

  test('lists every option, in order', () => {
    expect(rows.map(([name = '']) => code(name)[0])).toEqual(OPTION_NAMES);
  });

  test('has the defaults that the code has', () => {
    const given = Object.fromEntries(
      rows.flatMap(([name = '', value = '']) => {
        const [text] = code(value);
        return text === undefined ? [] : [[code(name)[0] ?? '', toValue(text)]];
      })
    );
    expect(Object.keys(given).length).toBeGreaterThan(6);
    expect(resolveOptions(given)).toEqual(resolveOptions({}));
  });

  test('registers every search attribute with its type', () => {
    const text = section(document, '## searchAttributes');
    for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
      expect(text).toContain(`--name ${name} --type ${type}`);
    }
  });
});

/** `30s` and `3` as one would write them in code. */
function toValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^\d+$/.test(text)) return Number(text);
  return /^\d+[a-z]+$/.test(text) ? ms(text as ms.StringValue) : text;
}
