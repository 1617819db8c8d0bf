import { Option, type Command } from 'commander';
import type { DevFlags } from '../session/serve-dev';
import { runCommand } from '../text/run-command';
import { addSections } from './sections';

export function addDevCommand(program: Command): void {
  const command = program
    .command('dev')
    .summary('run a Temporal dev server with its UI, and a Worker')
    .description(
      'Runs a Temporal dev server with its UI and a Worker, until Ctrl-C.\n' +
        'If there is no key of the API, it runs a simulator of the API as well.'
    )
    .addOption(new Option('--port <port>', 'port of Temporal').default('7233'))
    .addOption(new Option('--ui-port <port>', 'port of its UI').default('8233'))
    .addOption(
      new Option('--batch-time <duration>', 'how long a batch takes at the simulator').default('5s')
    )
    .option('--state <folder>', 'state folder (MESSAGE_BATCHES_STATE, .message-batches)')
    .option('--store <uri>', 'store (MESSAGE_BATCHES_STORE, <state>/store)')
    .option('--task-queue <name>', 'task queue of the Worker (message-batches)');
  addSections(command, {
    notes: `Commands in other shells that use the same state folder find this server. Applications need its address and its store:
TEMPORAL_ADDRESS and MESSAGE_BATCHES_STORE, as it prints them.`,
    examples: [['dev'], ['dev --port 7234 --ui-port 8234 --state /tmp/try']],
  }).action((flags: DevFlags) =>
    runCommand(async () => (await import('../session/serve-dev.js')).serveDev(flags))
  );
}
