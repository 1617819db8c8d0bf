import { Option, type Command } from 'commander';
import { addTargetFlags } from '../flags/target-flags';
import type { WorkerFlags } from '../session/serve-worker';
import { COMMAND } from '../text/command-name';
import { runCommand } from '../text/run-command';
import { addSections } from './sections';

export function addWorkerCommand(program: Command): void {
  const command = program
    .command('worker')
    .summary('run a Worker until it is stopped')
    .description('Runs a Worker for the Workflows and Activities of all jobs of a task queue.')
    .addOption(new Option('--until-idle', 'leave when no job is running').hideHelp())
    .addOption(new Option('--dev-server', 'use the dev server, whatever is configured').hideHelp());
  addSections(addTargetFlags(command), {
    notes: `It needs the key of the API, and the store that the clients use. SIGTERM and Ctrl-C let running calls finish;
a second signal stops it at once.`,
    examples: [
      ['worker', 'on the dev server of .message-batches'],
      [`$ TEMPORAL_ADDRESS=temporal:7233 MESSAGE_BATCHES_STORE=/mnt/store ${COMMAND} worker`],
      [`$ TEMPORAL_PROFILE=prod ${COMMAND} worker --task-queue message-batches`],
    ],
  }).action((flags: WorkerFlags) =>
    runCommand(async () => (await import('../session/serve-worker.js')).serveWorker(flags))
  );
}
