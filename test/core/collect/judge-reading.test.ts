import {
  differingCounts,
  judgeReading,
  type Reading,
  type ReadingDecision,
} from '../../../src/core/collect/judge-reading';

const GOOD: Reading = {
  end: 'whole',
  flawless: true,
  acceptIncomplete: false,
  archived: false,
  breaks: [],
};
const FLAWED = { ...GOOD, flawless: false };
const LAST = { ...FLAWED, acceptIncomplete: true };
const BROKEN = { ...LAST, end: 'broken' } as const;

interface Row {
  readonly name: string;
  readonly reading: Reading;
  readonly decision: ReadingDecision;
}

describe('judgeReading', () => {
  test.each<Row>([
    { name: 'a flawless file', reading: GOOD, decision: 'take' },
    { name: 'a flawed file', reading: FLAWED, decision: 'failIncomplete' },
    {
      name: 'no results, while they may still come',
      reading: { ...FLAWED, end: 'no_results', archived: true },
      decision: 'failIncomplete',
    },
    { name: 'a flawed but complete file at the last reading', reading: LAST, decision: 'take' },
    {
      name: 'the results of an archived batch at the last reading',
      reading: { ...LAST, end: 'no_results', archived: true },
      decision: 'take',
    },
    {
      name: 'no results of a batch that is not archived',
      reading: { ...LAST, end: 'no_results' },
      decision: 'failIncomplete',
    },
    {
      name: 'a line without an end',
      reading: { ...LAST, end: 'line_too_long' },
      decision: 'failIncomplete',
    },
    {
      name: 'a first broken connection before the last reading',
      reading: { ...FLAWED, end: 'broken', breaks: [5] },
      decision: 'failIncomplete',
    },
    {
      name: 'a second broken connection',
      reading: { ...BROKEN, breaks: [5, 5] },
      decision: 'readAgain',
    },
    {
      name: 'a third one at the same result',
      reading: { ...BROKEN, breaks: [5, 5, 5] },
      decision: 'take',
    },
    {
      name: 'a third one at another result',
      reading: { ...BROKEN, breaks: [5, 6, 5] },
      decision: 'failIncomplete',
    },
    {
      name: 'three before the first result',
      reading: { ...BROKEN, breaks: [0, 0, 0] },
      decision: 'failIncomplete',
    },
  ])('$name: $decision', ({ reading, decision }) => {
    expect(judgeReading(reading)).toBe(decision);
  });
});

describe('differingCounts', () => {
  const NONE = { succeeded: 0, errored: 0, expired: 0, canceled: 0 };

  test.each([
    {
      name: 'the same',
      file: { succeeded: 3 },
      unknown: 0,
      batch: { succeeded: 3 },
      differing: [],
    },
    {
      name: 'fewer succeeded',
      file: { succeeded: 2, expired: 1 },
      unknown: 0,
      batch: { succeeded: 3 },
      differing: ['succeeded', 'expired'],
    },
    {
      name: 'an unknown type that the API counts as errored',
      file: { succeeded: 2, errored: 1 },
      unknown: 1,
      batch: { succeeded: 2, errored: 1 },
      differing: [],
    },
    {
      name: 'an unknown type that the API counts as succeeded',
      file: { succeeded: 2, errored: 1 },
      unknown: 1,
      batch: { succeeded: 3 },
      differing: [],
    },
    {
      name: 'an unknown type that the API does not count',
      file: { succeeded: 2, errored: 1 },
      unknown: 1,
      batch: { succeeded: 2 },
      differing: [],
    },
    {
      name: 'more differences than unknown types',
      file: { succeeded: 1, errored: 1 },
      unknown: 1,
      batch: { succeeded: 3 },
      differing: ['succeeded'],
    },
    {
      name: 'more errored than the batch has',
      file: { succeeded: 2, errored: 2 },
      unknown: 1,
      batch: { succeeded: 3 },
      differing: ['succeeded', 'errored'],
    },
  ])('$name: $differing', ({ file, unknown, batch, differing }) => {
    expect(differingCounts({ ...NONE, ...file }, unknown, { ...NONE, ...batch })).toEqual(
      differing
    );
  });
});
