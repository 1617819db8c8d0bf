import type { Answer } from '../../../src/contract/public';
import { routeAnswer, type OpenQuestion } from '../../../src/core/questions/route-answer';

const FIRST: OpenQuestion = { chunk: '1-0', question: 7, kind: 'submission' };
const SECOND: OpenQuestion = { chunk: '1-1', question: 7, kind: 'submission' };
const LOST: OpenQuestion = { chunk: '2-0', question: 9, kind: 'batch' };
const absent = { submission: 'absent' } as const;

interface Row {
  readonly name: string;
  readonly answer: Answer;
  readonly open: readonly OpenQuestion[];
  /** The question that gets the answer, or what the refusal says. */
  readonly expected: OpenQuestion | string;
}

describe('routeAnswer', () => {
  test.each<Row>([
    { name: 'to the only question', answer: absent, open: [FIRST], expected: FIRST },
    {
      name: 'to the chunk that it names',
      answer: { ...absent, chunk: '1-1' },
      open: [FIRST, SECOND],
      expected: SECOND,
    },
    {
      name: 'with the number of the question',
      answer: { ...absent, chunk: '1-1', question: 7 },
      open: [FIRST, SECOND],
      expected: SECOND,
    },
    {
      name: 'never without a chunk while several ask',
      answer: absent,
      open: [FIRST, SECOND],
      expected: '2 chunks ask',
    },
    {
      name: 'not to another kind of question, though it is the only one of its kind',
      answer: { batch: 'gone' },
      open: [FIRST, LOST],
      expected: '2 chunks ask',
    },
    { name: 'of another kind', answer: absent, open: [LOST], expected: 'asks for `batch`' },
    {
      name: 'to an earlier question of the chunk',
      answer: { ...absent, chunk: '1-0', question: 6 },
      open: [FIRST],
      expected: 'Question 6 of chunk 1-0 is no longer open',
    },
    {
      name: 'to a chunk that asks nothing',
      answer: { ...absent, chunk: '1-1' },
      open: [FIRST],
      expected: 'Chunk 1-1 asks no question',
    },
    { name: 'before any question', answer: absent, open: [], expected: 'No chunk asks' },
    {
      name: 'that says two things',
      answer: { ...absent, batch: 'gone' },
      open: [FIRST],
      expected: 'says one thing',
    },
    { name: 'that says nothing', answer: { chunk: '1-0' }, open: [FIRST], expected: 'says one' },
  ])('an answer $name', ({ answer, open, expected }) => {
    const route = routeAnswer(answer, open);
    expect(JSON.stringify(route)).toContain(
      typeof expected === 'string' ? expected : JSON.stringify({ to: expected })
    );
    expect('refused' in route).toBe(typeof expected === 'string');
  });
});
