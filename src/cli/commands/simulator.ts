import { Option, type Command } from 'commander';
import { startSimulator } from '../../simulator';
import { EXIT } from '../text/exit-status';
import { runCommand } from '../text/run-command';
import { listenForInterrupt } from '../session/interrupt';
import { print, printError } from '../text/output';
import { toDurationMs, toPort } from '../flags/parse-flag';

interface SimulatorFlags {
  readonly port: string;
  readonly batchTime: string;
  readonly wildcard?: boolean;
}

const EXAMPLES = `
The URL is the first line on standard output; any key that is not empty is valid.

Examples:
  $ message-batches simulator --port 8080 --batch-time 2s
  $ export ANTHROPIC_BASE_URL=http://127.0.0.1:8080 ANTHROPIC_API_KEY=simulated
  $ message-batches run requests.jsonl --out results --check-min 1s`;

export function addSimulatorCommand(program: Command): void {
  program
    .command('simulator')
    .summary('run a simulator of the Message Batches API')
    .description(
      'A simulator of the Message Batches API on loopback: costs nothing, makes up answers.'
    )
    .addOption(
      new Option('-p, --port <port>', 'port on 127.0.0.1; 0 takes a free one').default('0')
    )
    .addOption(
      new Option('--batch-time <duration>', 'from the creation of a batch to its end').default('2s')
    )
    .option('--wildcard', 'answer every id, cursor and operation with 200 in the documented shape')
    .addHelpText('after', EXAMPLES)
    .action((flags: SimulatorFlags) => runCommand(() => simulate(flags)));
}

async function simulate({ port, batchTime, wildcard }: SimulatorFlags): Promise<number> {
  const interrupt = listenForInterrupt();
  const simulator = await startSimulator({
    port: toPort(port),
    batchTimeMs: toDurationMs(batchTime, '--batch-time'),
    wildcard: wildcard === true,
  });
  print(simulator.url);
  printError('A simulator: it makes up its answers. Ctrl-C ends it.');
  await interrupt.interrupted;
  await simulator.close();
  return EXIT.done;
}
