/**
 * What to do after the results of a batch have been read once.
 *
 * @module
 */

import type { ResultCounts } from '../../contract/activities';

/** How a download ended: the file is complete, or why it is not. */
export type DownloadEnd = 'whole' | 'broken' | 'line_too_long' | 'no_results';

export interface Reading {
  readonly end: DownloadEnd;
  /** True when every result of the batch was read once, in agreement with the API's counts. */
  readonly flawless: boolean;
  /** True when the last reading is due: results that are missing from a complete file are then final. */
  readonly acceptIncomplete: boolean;
  /** True when the API has removed the results. */
  readonly archived: boolean;
  /** Number of results that arrived before each broken connection so far, this reading's included. */
  readonly breaks: readonly number[];
}

export type ReadingDecision = 'take' | 'readAgain' | 'failIncomplete';

/** After this many connections that broke at the same result, the file itself is torn. */
const SAME_BREAKS = 3;

export function judgeReading(reading: Reading): ReadingDecision {
  const { end, flawless, acceptIncomplete, archived, breaks } = reading;
  if (flawless) return 'take';
  if (!acceptIncomplete) return 'failIncomplete';
  switch (end) {
    case 'whole':
      return 'take';
    case 'no_results':
      return archived ? 'take' : 'failIncomplete';
    case 'line_too_long':
      return 'failIncomplete';
    case 'broken':
      if (breaks.length < SAME_BREAKS) return 'readAgain';
      return isTornFile(breaks) ? 'take' : 'failIncomplete';
  }
}

/** A connection that breaks proves nothing about the file; one that always breaks at the same result does. */
function isTornFile([first = 0, ...others]: readonly number[]): boolean {
  return first > 0 && others.every((results) => results === first);
}

const COUNTED = ['succeeded', 'errored', 'expired', 'canceled'] as const;

/**
 * Compares the numbers of a file's results with the API's counts of its batch.
 *
 * The API counts a result of an unknown type in a way that this version cannot know: as any of these types, or as none.
 * So as many results as have such a type may be missing from these counts, and no other.
 *
 * @param counts - Of the file; results of an unknown type are among `errored`.
 * @param unknownTypes - How many results have an unknown type.
 * @returns The types whose numbers differ.
 */
export function differingCounts(
  counts: ResultCounts,
  unknownTypes: number,
  batch: ResultCounts
): (keyof ResultCounts)[] {
  const lacking = (type: keyof ResultCounts): number =>
    batch[type] - (type === 'errored' ? counts.errored - unknownTypes : counts[type]);
  const differing = COUNTED.filter((type) => lacking(type) !== 0);
  const sum = differing.reduce((all, type) => all + lacking(type), 0);
  const isExplained = sum <= unknownTypes && differing.every((type) => lacking(type) > 0);
  return isExplained ? [] : differing;
}
