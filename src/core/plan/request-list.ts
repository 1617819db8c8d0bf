/**
 * A JSON array of requests, or the API's own body, as JSON Lines: a piece at a time, whatever its size.
 *
 * An element that is on one line keeps all of its bytes. Of one that is spread over lines, the line breaks and the
 * indentation go; no string, number or key changes.
 *
 * @module
 */
import { failure } from '../../contract/failures';
import { createElementCopy, isSpace, isStructure } from './element-copy';

export interface ListReader {
  /** @returns the JSON Lines that this piece completes or continues. @throws as `end`. */
  push(piece: Buffer): Buffer;
  /** @throws ApplicationFailure `MessageBatch.BadRequests`, not retryable, when the list is broken. */
  end(): void;
}

type Place = 'first' | 'next' | 'element' | 'after' | 'tail' | 'end';

const COMMA = 0x2c;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

/**
 * Makes a reader for what follows the opening bracket of the list.
 *
 * @param isBody - whether the list is the `requests` of an object.
 * @param start - Offset of the first byte in the whole input.
 */
export function createListReader(isBody: boolean, start: number): ListReader {
  const what = isBody ? "the API's own body" : 'a JSON array';
  const element = createElementCopy();
  let place: Place = 'first';
  let offset = start;

  const refuse = (problem: string, at: number): Error =>
    failure(
      'MessageBatch.BadRequests',
      `The input is ${what}, and ${problem} at byte offset ${at}. Nothing was submitted.`
    );

  function step(byte: number, at: number): Place {
    if (place === 'tail' && byte === COMMA) throw refuse('has more than `requests`', at);
    if (place === 'end') throw refuse('something follows its end', at);
    const next = nextPlace(place, byte, isBody);
    if (next === null) throw refuse('it is no JSON', at);
    return next;
  }

  return {
    push: (piece) => {
      const lines: Buffer[] = [];
      for (let at = 0; at < piece.length;) {
        if (place === 'element') {
          at = element.copy(piece, at, lines);
          if (element.lineBreakAt !== null) {
            throw refuse('a string has a line break', offset + element.lineBreakAt);
          }
          if (element.ended) place = 'after';
          continue;
        }
        const byte = piece[at] ?? 0;
        if (isSpace(byte)) {
          at++;
          continue;
        }
        place = step(byte, offset + at);
        // An element's first byte is part of it.
        if (place === 'element') element.begin();
        else at++;
      }
      offset += piece.length;
      return Buffer.concat(lines);
    },
    end: () => {
      if (place !== 'end') throw refuse('it breaks off', offset);
    },
  };
}

/** Where a byte between elements leads; null where none may be. */
function nextPlace(place: Place, byte: number, isBody: boolean): Place | null {
  const closed = isBody ? 'tail' : 'end';
  switch (place) {
    case 'first':
      return byte === CLOSE_LIST ? closed : isStructure(byte) ? null : 'element';
    case 'next':
      return isStructure(byte) ? null : 'element';
    case 'after':
      return byte === COMMA ? 'next' : byte === CLOSE_LIST ? closed : null;
    case 'tail':
      return byte === CLOSE_OBJECT ? 'end' : null;
    case 'element':
    case 'end':
      return null;
  }
}
