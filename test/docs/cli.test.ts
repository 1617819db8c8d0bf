/**
 * Goal: docs/cli.md names every command, flag and exit status. Method: they are compared with the program.
 */
import { createProgram } from '../../src/cli/program';
import { EXIT } from '../../src/cli/text/exit-status';
import { code, read, section, table } from './documents';

describe('docs/cli.md', () => {
  const document = read('docs/cli.md');

  test('names every command and no other', () => {
    const shown = table(document).map(([usage = '']) => code(usage)[0]?.split(' ')[0]);
    const commands = createProgram().commands.map((command) => command.name());
    expect(shown.sort()).toEqual(commands.sort());
  });

  test('names every flag that says where things are', () => {
    const shown = table(section(document, '## Where commands find things')).map(
      ([flag = '']) => code(flag)[0]?.split(' ')[0]
    );
    const status = createProgram().commands.find((command) => command.name() === 'status');
    const flags = status?.createHelp().visibleOptions(status) ?? [];
    const where = flags.filter(({ helpGroupHeading }) => helpGroupHeading === 'Where:');
    expect(shown).toEqual(where.map(({ long }) => long));
  });

  test('names every exit status', () => {
    const shown = table(section(document, '## Exit status')).map(([status]) => Number(status));
    const statuses = [...new Set<number>(Object.values(EXIT))];
    expect(shown).toEqual(statuses.sort((a, b) => a - b));
  });
});
