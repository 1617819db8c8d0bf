/**
 * Goal: docs/failures.md has a section for each failure and says what the job does. Method: both are compared with the
 * table of failures.
 */
import { FAILURES, type FailureType } from '../../src/contract/failures';
import { code, read, section, table } from './documents';

const FAILURE_TYPES = Object.keys(FAILURES) as FailureType[];

describe('docs/failures.md', () => {
  const document = read('docs/failures.md');

  test('sorts every failure by what the job does', () => {
    const shown = table(document).flatMap(([effect = '', types = '']) =>
      code(types).map((type): [string, string] => [`MessageBatch.${type}`, effect])
    );
    expect(new Map(shown)).toEqual(new Map(FAILURE_TYPES.map((type) => [type, effectOf(type)])));
  });

  test('has a section for each failure, in order', () => {
    const headings = [...document.matchAll(/^## (MessageBatch\..+)$/gm)].map(
      ([, heading]) => heading
    );
    expect(headings).toEqual(FAILURE_TYPES);
  });

  test.each(FAILURE_TYPES)('%s: says whether it is tried again, and what to do', (type) => {
    const text = section(document, `## ${type}`);
    const { pause, retryable } = FAILURES[type];
    expect(text).toMatch(
      retryable ? /\*\*Tried again\*\*: yes/ : /\*\*Tried again\*\*: (no|never)/
    );
    expect(text).toMatch(/\n- \*\*Do\*\*: \S/);
    const effect = pause !== null ? '**pauses**' : retryable ? '' : '**fails**';
    expect(text).toContain(effect);
  });
});

function effectOf(type: FailureType): string {
  const { pause, retryable } = FAILURES[type];
  if (pause === 'worker' || pause === 'batch') return 'pauses, and tries again every `checkMax`';
  if (pause !== null) return 'pauses until `resume`';
  return retryable ? 'waits and tries again' : 'fails; what is paid for is kept';
}
