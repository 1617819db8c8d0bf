import { parseWireId, toPosition, toWireId, wireIdPrefix } from '../../../src/core/plan/wire-id';

const jobTag = '0123456789abcdef0123';

describe('wire ids', () => {
  test('fit the pattern of the API, however large the numbers', () => {
    for (const [round, chunk, position] of [
      [1, 0, 0],
      [100, 9999, 99_999_999],
      [999_999, 999_999, 999_999_999_999],
    ] as const) {
      const id = toWireId(wireIdPrefix({ jobTag, round, chunk }), position);
      expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(parseWireId(id)).toEqual({ jobTag, round, chunk, position });
    }
  });

  test('give the position back', () => {
    const prefix = wireIdPrefix({ jobTag, round: 2, chunk: 3 });
    expect(prefix).toBe(`mb_${jobTag}_2_3_`);
    for (const position of [0, 7, 10, 123_456]) {
      expect(toPosition(prefix, toWireId(prefix, position))).toBe(position);
    }
  });

  test.each(['', '-1', '+1', '01', '00', '1.0', '1e3', ' 1', '1 ', '0x1', '1_2', '9'.repeat(16)])(
    'a position is never %j',
    (tail) => {
      const prefix = wireIdPrefix({ jobTag, round: 1, chunk: 0 });
      expect(toPosition(prefix, `${prefix}${tail}`)).toBeNull();
      expect(parseWireId(`${prefix}${tail}`)).toBeNull();
    }
  );

  test.each([
    'request-1',
    '',
    `mb_${jobTag}_1_0`,
    `mb_${jobTag}_0_0_1`,
    `mb_${jobTag}_01_0_1`,
    `mb_${jobTag.toUpperCase()}_1_0_1`,
    `mb_${jobTag}0_1_0_1`,
    `xx_${jobTag}_1_0_1`,
    `mb_${jobTag}_1_0_1_2`,
  ])('%j is none of ours', (id) => {
    expect(parseWireId(id)).toBeNull();
  });

  test('an id of another chunk is foreign to this one', () => {
    const other = wireIdPrefix({ jobTag, round: 1, chunk: 10 });
    expect(toPosition(wireIdPrefix({ jobTag, round: 1, chunk: 1 }), `${other}5`)).toBeNull();
  });
});
