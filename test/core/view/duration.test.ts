import { durationText } from '../../../src/core/view/duration';

test.each([
  [-20, '0 ms'],
  [499.6, '500 ms'],
  [999.6, '1 s'],
  [30_000, '30 s'],
  [119_499, '119 s'],
  [119_999, '2 min'],
  [900_000, '15 min'],
  [7_199_999, '2 h'],
  [9_000_000, '2.5 h'],
])('durationText(%d)', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
