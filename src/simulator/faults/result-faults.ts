import type { ResultsAction } from './faults';

/** How the connection ends where a body is cut. */
export type CutEnd = 'clean' | 'reset';
type LineObject = { custom_id: string; result: Record<string, unknown> };

/** The body stops in the middle of a line. */
export function cutMidLine(afterLines: number, end: CutEnd = 'reset'): ResultsAction {
  return { type: 'results', cut: { afterLines, isMidLine: true, end } };
}

/** The body stops between two lines; with a clean end it looks complete. */
export function cutAfterLine(afterLines: number, end: CutEnd = 'clean'): ResultsAction {
  return { type: 'results', cut: { afterLines, isMidLine: false, end } };
}

/** The body comes in small pieces with real milliseconds between them. */
export function slowBody(chunkBytes: number, delayMs: number): ResultsAction {
  return { type: 'results', slow: { chunkBytes, delayMs } };
}

export function duplicatedLine(position = 0): ResultsAction {
  return editingLine(position, (line) => [line, line]);
}

export function missingLine(position = 0): ResultsAction {
  return editingLine(position, () => []);
}

/** One more line, for a request that is not in the batch. */
export function foreignLine(customId = 'foreign', position = 0): ResultsAction {
  return editingLine(position, (line) => [
    line,
    edited(line, (object) => ({ ...object, custom_id: customId })),
  ]);
}

export function blankLine(position = 0): ResultsAction {
  return editingLine(position, (line) => ['', line]);
}

export function withoutFinalNewline(): ResultsAction {
  return { type: 'results', hasNoFinalNewline: true };
}

/** A line that is still JSON, but at least so many bytes long. */
export function giganticLine(bytes: number, position = 0): ResultsAction {
  return editingLine(position, (line) => [
    edited(line, (object) => ({ ...object, padding: 'x'.repeat(bytes) })),
  ]);
}

/** A line that is no JSON. */
export function brokenLine(position = 0): ResultsAction {
  return editingLine(position, (line) => [line.slice(0, -2)]);
}

/** A `result.type` that no client knows. */
export function unknownResultType(type = 'postponed', position = 0): ResultsAction {
  return editingLine(position, (line) => [
    edited(line, (object) => ({ ...object, result: { ...object.result, type } })),
  ]);
}

/** An errored result whose `error.type` no client knows. */
export function unknownErrorType(type = 'cosmic_ray_error', position = 0): ResultsAction {
  const envelope = {
    type: 'error',
    error: { details: null, type, message: 'Unknown.' },
    request_id: null,
  };
  return editingLine(position, (line) => [
    edited(line, (object) => ({ ...object, result: { type: 'errored', error: envelope } })),
  ]);
}

function editingLine(at: number, edit: (line: string) => readonly string[]): ResultsAction {
  return {
    type: 'results',
    editLine: (line, position) => (position === at ? edit(line) : [line]),
  };
}

function edited(line: string, edit: (object: LineObject) => object): string {
  return JSON.stringify(edit(JSON.parse(line) as LineObject));
}
