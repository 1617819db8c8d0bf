/**
 * Goal: docs/architecture.md shows the store as it is. Method: its layout and file names are compared with the code.
 */
import { chunkFiles, jobFiles, outputFiles } from '../../src/records/job-files';
import { read, section } from './documents';

describe('docs/architecture.md', () => {
  const document = read('docs/architecture.md');

  test('shows the layout of the store as the code has it', () => {
    const comment = /^ \* ```\n([^]*?)^ \* ```$/m.exec(read('src/records/job-files.ts'))?.[1] ?? '';
    const layout = comment.replace(/^ \* ?/gm, '');
    expect(layout).toContain('jobs/<id>/');
    expect(section(document, '## The store')).toContain(layout);
  });

  test('names every file of a job', () => {
    const text = section(document, '## The store');
    const files = {
      ...jobFiles('x'),
      ...chunkFiles('x', { round: 1, chunk: 0 }),
      ...outputFiles('x'),
    };
    const names = Object.values(files)
      .filter((file) => typeof file === 'string')
      .map((file) => file.slice(file.lastIndexOf('/') + 1))
      .filter((name) => /\.jsonl?$/.test(name));
    expect(names.filter((name) => !text.includes(name))).toEqual([]);
  });
});
