import {
  commonBaseline,
  judgeList,
  LIST_PAGES_MAX,
  type Listed,
  type ListPage,
  type ListVerdict,
} from '../../../src/core/reconcile/new-batches';

/** A page: each batch is a letter and the second of its creation, and `…` says that there are more pages. */
function page(text: string): ListPage<Listed> {
  const words = text.split(' ').filter((word) => word !== '' && word !== '…');
  return {
    batches: words.map((word) => ({
      batchId: word.slice(0, 1),
      createdAtMs: Number(word.slice(1)) * 1000,
    })),
    hasMore: text.endsWith('…'),
  };
}

function summary(verdict: ListVerdict<Listed>): string {
  if (verdict.verdict === 'noProof') return verdict.flaw;
  return verdict.verdict === 'readOn'
    ? 'readOn'
    : verdict.batches.map(({ batchId }) => batchId).join('');
}

describe('judgeList', () => {
  test.each<{ name: string; pages: (string | null)[]; baseline: string; expected: string }>([
    { name: 'no batch at all', pages: [''], baseline: '', expected: '' },
    { name: 'nothing new', pages: ['a2 b1'], baseline: 'ab', expected: '' },
    {
      name: 'new batches above the baseline',
      pages: ['d4 c3 a2 b1'],
      baseline: 'ab',
      expected: 'dc',
    },
    { name: 'nothing below the baseline', pages: ['c3 a2 z1 …'], baseline: 'a', expected: 'c' },
    {
      name: 'one between two of the baseline',
      pages: ['a3 c3 b1 …'],
      baseline: 'ab',
      expected: 'c',
    },
    { name: 'a deleted newest one', pages: ['c3 b1 z0 …'], baseline: 'ab', expected: 'c' },
    { name: 'a deleted oldest one', pages: ['c3 a2 z0 …'], baseline: 'ab', expected: 'c' },
    {
      name: 'the baseline on a later page',
      pages: ['e5 d4 …', 'c3 a2 …'],
      baseline: 'a',
      expected: 'edc',
    },
    { name: 'no baseline yet', pages: ['e5 d4 …'], baseline: 'a', expected: 'readOn' },
    { name: 'no batch before: up to the end', pages: ['b2 …'], baseline: '', expected: 'readOn' },
    { name: 'no batch before, the end', pages: ['b2 …', 'a1'], baseline: '', expected: 'ba' },
    { name: 'a deleted baseline, the end', pages: ['c3 …', 'z0'], baseline: 'ab', expected: 'cz' },
    { name: 'an unreadable page', pages: [null], baseline: 'a', expected: 'incomplete' },
    {
      name: 'an unreadable second page',
      pages: ['c3 …', null],
      baseline: 'a',
      expected: 'incomplete',
    },
    {
      name: 'an empty page that promises more',
      pages: ['…'],
      baseline: '',
      expected: 'incomplete',
    },
    { name: 'the oldest first', pages: ['a1 b2 c3'], baseline: 'a', expected: 'unordered' },
    {
      name: 'disorder below the baseline',
      pages: ['a5 b1 c3'],
      baseline: 'a',
      expected: 'unordered',
    },
    {
      name: 'disorder across pages',
      pages: ['c3 …', 'd4 a1'],
      baseline: 'a',
      expected: 'unordered',
    },
    { name: 'equal times', pages: ['c3 d3 a3'], baseline: 'a', expected: 'cd' },
  ])('$name', ({ pages, baseline, expected }) => {
    const read = pages.map((text) => (text === null ? null : page(text)));
    expect(summary(judgeList(read, Array.from(baseline)))).toBe(expected);
  });

  test('reads a limited number of pages', () => {
    const pages = Array.from({ length: LIST_PAGES_MAX }, () => page('c3 …'));
    expect(summary(judgeList(pages.slice(1), ['a']))).toBe('readOn');
    expect(summary(judgeList(pages, ['a']))).toBe('tooLong');
    expect(summary(judgeList([...pages.slice(1), page('a1')], ['a']))).toHaveLength(
      LIST_PAGES_MAX - 1
    );
  });
});

describe('commonBaseline', () => {
  test.each<{ name: string; baselines: (string | null)[]; expected: string | null }>([
    { name: 'no intent', baselines: [], expected: null },
    { name: 'one intent', baselines: ['ab'], expected: 'ab' },
    {
      name: 'an intent that listed what another one created',
      baselines: ['ab', 'cab'],
      expected: 'ab',
    },
    { name: 'an intent that does not know', baselines: ['ab', null], expected: null },
    { name: 'a first intent that does not know', baselines: [null, 'ab'], expected: null },
    { name: 'an empty account', baselines: ['', 'c'], expected: '' },
  ])('$name', ({ baselines, expected }) => {
    const ids = commonBaseline(baselines.map((each) => (each === null ? null : Array.from(each))));
    expect(ids?.join('') ?? null).toBe(expected);
  });
});
