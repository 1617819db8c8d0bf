import { parseStrictJson, StrictJsonProblem } from './strict-json';

/** What a body of a `create` turned out to be, once it is complete. */
export type BodyShape = 'requests' | 'no-requests' | 'requests-not-a-list' | 'not-an-object';

/** The body is not JSON; the position is 0-based and counts bytes. */
export class JsonProblem extends Error {
  override name = 'JsonProblem' as const;
  constructor(what: string, offset: number) {
    super(`${what}: line 1 column ${offset + 1} (char ${offset})`);
  }
}

export interface CreateBodyReader {
  /** @throws JsonProblem as soon as what has arrived can be no JSON. */
  write(chunk: Buffer): void;
  /** @throws JsonProblem when the body stops before its end. */
  end(): BodyShape;
}

type Place =
  | 'start'
  | 'first-key'
  | 'key'
  | 'colon'
  | 'value'
  | 'first-element'
  | 'element'
  | 'after-element'
  | 'after-value'
  | 'end';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Reads the body of a `create` as it arrives and hands over each element of its `requests`.
 *
 * A body of 256 MB is never held in memory: bytes are only scanned for where an element begins and ends, and
 * the parser sees one element at a time. `requests` may be anywhere in the top-level object.
 */
export function createBodyReader(onElement: (element: unknown) => void): CreateBodyReader {
  let place: Place = 'start';
  let shape: BodyShape = 'not-an-object';
  let key = '';
  let offset = 0;
  let scan: ValueScan | null = null;

  // A value ended: `text` is all of it.
  function take(value: unknown): void {
    switch (place) {
      case 'first-key':
      case 'key':
        if (typeof value !== 'string') throw new JsonProblem('unexpected character', offset);
        key = value;
        place = 'colon';
        return;
      case 'first-element':
      case 'element':
        onElement(value);
        place = 'after-element';
        return;
      case 'value':
        if (key === 'requests') shape = 'requests-not-a-list';
        place = 'after-value';
        return;
      default:
        place = 'end';
    }
  }

  function onByte(byte: number): boolean {
    const next = nextPlace(place, byte, key);
    if (next === null) return false;
    if (place === 'start') shape = 'no-requests';
    if (next === 'first-element') shape = 'requests';
    place = next;
    return true;
  }

  return {
    write(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (scan !== null) {
          const end = scan.feed(chunk, at);
          const done = end >= 0;
          offset += (done ? end : chunk.length) - at;
          at = done ? end : chunk.length;
          if (!done) continue;
          const value = parseValue(scan, offset, DEPTH_OF[place]);
          scan = null;
          take(value);
          continue;
        }
        const byte = chunk[at] ?? 0;
        if (!isSpace(byte) && !onByte(byte)) {
          if (!opensValue(place, byte)) throw new JsonProblem('unexpected character', offset);
          scan = createValueScan(byte);
          continue;
        }
        at += 1;
        offset += 1;
      }
    },
    end() {
      // Only a bare number or word at the top ends with the body itself.
      if (scan !== null && place === 'start') take(parseValue(scan, offset, 0));
      if (place !== 'end') throw new JsonProblem('unexpected end of data', offset);
      return shape;
    },
  };
}

// Where a structural byte leads, or null where it must begin a value.
function nextPlace(place: Place, byte: number, key: string): Place | null {
  switch (place) {
    case 'start':
      return byte === OPEN_OBJECT ? 'first-key' : null;
    case 'first-key':
      return byte === CLOSE_OBJECT ? 'end' : null;
    case 'colon':
      return byte === COLON ? 'value' : null;
    case 'value':
      return byte === OPEN_LIST && key === 'requests' ? 'first-element' : null;
    case 'first-element':
      return byte === CLOSE_LIST ? 'after-value' : null;
    case 'after-element':
      if (byte === COMMA) return 'element';
      return byte === CLOSE_LIST ? 'after-value' : null;
    case 'after-value':
      if (byte === COMMA) return 'key';
      return byte === CLOSE_OBJECT ? 'end' : null;
    case 'key':
    case 'element':
    case 'end':
      return null;
  }
}

function opensValue(place: Place, byte: number): boolean {
  switch (place) {
    case 'first-key':
    case 'key':
      return byte === QUOTE;
    case 'start':
    case 'value':
    case 'first-element':
    case 'element':
      return byte !== COMMA && byte !== COLON && byte !== CLOSE_LIST && byte !== CLOSE_OBJECT;
    case 'colon':
    case 'after-element':
    case 'after-value':
    case 'end':
      return false;
  }
}

/** Levels of the body above a value, where one may begin. */
const DEPTH_OF: Readonly<Partial<Record<Place, number>>> = {
  start: 0,
  'first-key': 1,
  key: 1,
  value: 1,
  'first-element': 2,
  element: 2,
};

function parseValue(scan: ValueScan, offset: number, depth: number | undefined): unknown {
  try {
    return parseStrictJson(scan.bytes(), depth);
  } catch (error) {
    if (!(error instanceof StrictJsonProblem)) throw error;
    throw new JsonProblem(error.message, offset);
  }
}

interface ValueScan {
  /** Index just after the value's last byte, or -1 where it goes on beyond the chunk. */
  feed(chunk: Buffer, from: number): number;
  bytes(): Buffer;
}

// Finds the end of a value by its brackets and quotes alone; whether it is JSON is JSON.parse's business.
function createValueScan(first: number): ValueScan {
  const isBare = first !== QUOTE && first !== OPEN_LIST && first !== OPEN_OBJECT;
  const pieces: Buffer[] = [];
  let depth = 0;
  let inString = false;
  let escaped = false;

  function findEnd(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          inString = false;
          if (depth === 0) return at + 1;
        }
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        depth -= 1;
        if (depth === 0) return at + 1;
      }
    }
    return -1;
  }

  return {
    feed(chunk, from) {
      const end = isBare ? endOfBareValue(chunk, from) : findEnd(chunk, from);
      pieces.push(chunk.subarray(from, end < 0 ? chunk.length : end));
      return end;
    },
    bytes: () => Buffer.concat(pieces),
  };
}

function endOfBareValue(chunk: Buffer, from: number): number {
  for (let at = from; at < chunk.length; at += 1) {
    const byte = chunk[at] ?? 0;
    if (isSpace(byte) || byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT) return at;
  }
  return -1;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
