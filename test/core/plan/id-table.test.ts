import { createIdTable } from '../../../src/core/plan/id-table';

describe('createIdTable', () => {
  test('finds a duplicate string, and its first line', () => {
    const table = createIdTable();
    expect(table.add('a', 1)).toBe(0);
    expect(table.add('b', 2)).toBe(0);
    expect(table.add('a', 3)).toBe(1);
    expect(table.add('a', 4)).toBe(1);
  });

  test('tells strings apart that look alike', () => {
    const table = createIdTable();
    const ids = [
      '',
      '\0',
      '\0\0',
      'a',
      'a\0',
      'ab',
      'ba',
      'A',
      '\ud800',
      '\ud801',
      'é',
      'e\u0301',
      '__proto__',
    ];
    expect(ids.map((id, index) => table.add(id, index + 1))).toEqual(ids.map(() => 0));
    expect(ids.map((id) => table.add(id, 99))).toEqual(ids.map((_, index) => index + 1));
  });

  test('a quarter of a million ids of the usual kinds stay distinct while the table grows', () => {
    const table = createIdTable();
    const kinds = [
      (n: number) => `item-${n}`,
      (n: number) => String(n).padStart(12, '0'),
      (n: number) => `${n % 1000}/${Math.floor(n / 1000)}`,
      (n: number) => String.fromCharCode(n >> 10, n & 1023),
    ];
    let repeated = 0;
    for (let n = 0; n < 62_500; n++) {
      for (const kind of kinds) if (table.add(kind(n), n + 1) !== 0) repeated++;
    }
    expect(repeated).toBe(0);
    expect(table.add('item-55555', 1e6)).toBe(55_556);
  });
});
