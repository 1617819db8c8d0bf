/**
 * Goal: a decision is found from where it matters, and stays short. Method: every file is linked from architecture.md and
 * named in the code.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { read, ROOT } from './documents';

const DECISIONS = readdirSync(join(ROOT, 'docs/decisions'));

describe('docs/decisions', () => {
  test('are numbered without gaps', () => {
    const numbers = DECISIONS.map((name) => Number(name.slice(0, 3)));
    expect(numbers).toEqual(DECISIONS.map((_, index) => index + 1));
  });

  test.each(DECISIONS)('%s: is short, and says why and what it costs', (name) => {
    const text = read(`docs/decisions/${name}`);
    expect(text.startsWith(`# ${Number(name.slice(0, 3))}. `)).toBe(true);
    expect(text).toContain('**Why**: ');
    expect(text).toContain('**Cost**: ');
    expect(text.split('\n').length).toBeLessThanOrEqual(14);
  });

  test.each(DECISIONS)('%s: is linked from architecture.md and named in the code', (name) => {
    expect(read('docs/architecture.md')).toContain(`(decisions/${name})`);
    const search = ['grep', '-l', `docs/decisions/${name}`, '--', 'src', 'workflows', 'activities'];
    const files = execFileSync('git', search, { cwd: ROOT, encoding: 'utf8' });
    expect(files).not.toBe('');
  });
});
