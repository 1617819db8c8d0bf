import { leftovers } from '../../../activities/finish/leftovers';

const JOB = 'jobs/x';
const RUN = '0123456789abcdef';
const OTHER = 'fedcba9876543210';
const chunk = (...names: string[]): string[] => names.map((name) => `${JOB}/chunks/1-0/${name}`);
const WORK = ['body.json', 'members.jsonl', 'r.outcomes.jsonl', 'r.retry.jsonl'];
const RECORDS = ['chunk.json', 'collected.json'];

function removed(keys: readonly string[], covered: readonly { round: number; chunk: number }[]) {
  return leftovers(keys, {
    jobId: 'x',
    batches: covered,
    results: { uri: `file:///store/${JOB}/${RUN}.results.jsonl` },
    failures: { uri: `file:///store/${JOB}/${RUN}.failures.jsonl` },
  });
}

describe('leftovers', () => {
  const input = [`${JOB}/ids.jsonl`, `${JOB}/requests.jsonl`, `${JOB}/params.json`];

  test.each([
    { name: 'of a chunk that the report covers', records: ['batch.json'], covers: true, all: true },
    { name: 'of a chunk that was never submitted', records: [], covers: false, all: true },
    {
      name: 'of a chunk whose attempts have all ended',
      records: ['intents/a.json', 'intents/a.end.json', 'intents/a.cut.json'],
      covers: false,
      all: true,
    },
    { name: 'of a batch outside the report', records: ['batch.json'], covers: false, all: false },
    {
      name: 'of an attempt without a known end',
      records: ['intents/a.json', 'intents/b.json', 'intents/b.end.json', 'intents/a.cut.json'],
      covers: false,
      all: false,
    },
  ])('$name: removed $all', ({ records, covers, all }) => {
    const keys = [...input, ...chunk(...RECORDS, ...records, ...WORK)];
    const expected = all ? [...input, ...chunk(...WORK)] : [];
    expect(removed(keys, covers ? [{ round: 1, chunk: 0 }] : [])).toEqual(expected);
  });

  test("removes the results that other runs of finish wrote, and not the report's", () => {
    const keys = [RUN, OTHER].flatMap((run) => [
      `${JOB}/${run}.failures.jsonl`,
      `${JOB}/${run}.results.jsonl`,
    ]);
    expect(removed([...keys, `${JOB}/report.json`, `${JOB}/plan.json`], [])).toEqual(keys.slice(2));
  });
});
