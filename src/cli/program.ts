/**
 * The command `message-batches`: its commands and its help.
 */
import { Command } from 'commander';
import { addCancelCommand } from './commands/cancel';
import { addCheckNowCommand } from './commands/check-now';
import { addDemoCommand } from './commands/demo';
import { addDevCommand } from './commands/dev';
import { addForgetCommand } from './commands/forget';
import { addPauseCommand } from './commands/pause';
import { addResultsCommand } from './commands/results';
import { addResumeCommand } from './commands/resume';
import { addRunCommand } from './commands/run';
import { addSimulatorCommand } from './commands/simulator';
import { addStatusCommand } from './commands/status';
import { addWorkerCommand } from './commands/worker';
import { packageVersion } from './session/package-root';

const EXAMPLES = `
Examples:
  $ message-batches demo                                       see it work: no key needed, a minute
  $ export ANTHROPIC_API_KEY=sk-ant-…
  $ message-batches run requests.jsonl --out results           any number of requests, at half price
  $ message-batches status requests-3f9c2a --watch
  $ message-batches run --help                                 every option, with examples

Without a Temporal server configured (TEMPORAL_ADDRESS or a profile), commands run their own in .message-batches.`;

/** Makes the parser of the command line, every command with its help. */
export function createProgram(): Command {
  const program = new Command('message-batches')
    .description(
      "Any number of Claude requests through Anthropic's Message Batches API, at half price:\n" +
        'one durable Temporal Workflow that survives every crash and never pays twice.'
    )
    .version(packageVersion(), '-v, --version')
    .addHelpText('after', EXAMPLES);
  const add = [
    addRunCommand,
    addStatusCommand,
    addCancelCommand,
    addPauseCommand,
    addResumeCommand,
    addCheckNowCommand,
    addResultsCommand,
    addForgetCommand,
    addWorkerCommand,
    addDevCommand,
    addSimulatorCommand,
    addDemoCommand,
  ];
  for (const addCommand of add) addCommand(program);
  // Commands that were added before know nothing of the program's settings.
  for (const command of program.commands) {
    command.showHelpAfterError(`(message-batches ${command.name()} --help shows examples)`);
  }
  return program;
}
