/**
 * What to do after the results of a batch have been read once.
 *
 * @module
 */

/** How a download ended: the file is complete, or why it is not. */
export type DownloadEnd = 'whole' | 'broken' | 'line_too_long' | 'no_results';

export interface Reading {
  readonly end: DownloadEnd;
  /** True when every result of the batch was read once, in agreement with the API's counts. */
  readonly flawless: boolean;
  /** True when a whole line has a type of result or error that this version does not know. */
  readonly hasUnknownType: boolean;
  /** True when the last reading is due: results that are missing from a complete file are then final. */
  readonly acceptIncomplete: boolean;
  /** True when the API has removed the results. */
  readonly archived: boolean;
  /** Number of results that arrived before each broken connection so far, this reading's included. */
  readonly breaks: readonly number[];
}

export type ReadingDecision = 'take' | 'readAgain' | 'failIncomplete' | 'failUnknownType';

/** After this many connections that broke at the same result, the file itself is torn. */
const SAME_BREAKS = 3;

export function judgeReading(reading: Reading): ReadingDecision {
  const { end, flawless, hasUnknownType, acceptIncomplete, archived, breaks } = reading;
  const isFinal = flawless || acceptIncomplete;
  // Trust an unknown type only in a complete file, or when there will be no better one.
  if (hasUnknownType && isFinal) return 'failUnknownType';
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
