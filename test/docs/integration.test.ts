/**
 * Goal: docs/integration.md shows the examples that tests run, and the versions and paths of the package. Method: compared
 * with the files and package.json.
 */
import manifest from '../../package.json';
import { code, quotes, read, section, table } from './documents';

const DOCUMENT = read('docs/integration.md');

describe('docs/integration.md', () => {
  test('shows each example whole', () => {
    const shown = quotes(DOCUMENT);
    expect(shown.map(({ path }) => path)).toHaveLength(6);
    for (const { path, code: text } of shown) expect(text).toBe(read(path));
  });

  test('names the versions that package.json asks for', () => {
    const rows = table(section(DOCUMENT, '## Compatibility'));
    const supported = Object.fromEntries(
      rows.map(([what = '', range = '']) => [what, code(range)[0]])
    );
    expect(supported['Node']).toBe(manifest.engines.node);
    expect(supported['`@anthropic-ai/sdk`']).toBe(manifest.peerDependencies['@anthropic-ai/sdk']);
    const temporal = Object.entries(manifest.peerDependencies)
      .filter(([name]) => name.startsWith('@temporalio/'))
      .map(([, range]) => range);
    expect(new Set(temporal)).toEqual(new Set([supported['Temporal TypeScript SDK']]));
  });

  test('names every import path and no other', () => {
    const rows = table(section(DOCUMENT, '## Import paths'));
    const shown = rows.map(([path = '']) => (code(path)[0] ?? '').replace(manifest.name, '.'));
    const exported = Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'));
    expect(shown).toEqual(exported);
  });
});
