import { Option, type Command } from 'commander';
import type { SimulatorFlags } from '../session/serve-simulator';
import { runCommand } from '../text/run-command';
import { addSections } from './sections';

export function addSimulatorCommand(program: Command): void {
  const command = program
    .command('simulator')
    .summary('run a simulator of the Message Batches API')
    .description(
      'Runs a simulator of the Message Batches API on loopback: it costs nothing, its answers are made up.'
    )
    .addOption(
      new Option('-p, --port <port>', 'port on 127.0.0.1; 0 takes a free one').default('0')
    )
    .addOption(
      new Option('--batch-time <duration>', 'from the creation of a batch to its end').default('2s')
    )
    .option('--wildcard', 'answer every id, cursor and operation with 200 in the documented shape');
  addSections(command, {
    notes: 'The URL is the first line on standard output. Any key that is not empty is valid.',
    examples: [
      ['simulator --port 8080 --batch-time 2s'],
      ['$ export ANTHROPIC_BASE_URL=http://127.0.0.1:8080 ANTHROPIC_API_KEY=simulated'],
      ['run requests.jsonl --out results --check-min 1s'],
    ],
  }).action((flags: SimulatorFlags) =>
    runCommand(async () => (await import('../session/serve-simulator.js')).serveSimulator(flags))
  );
}
