/**
 * The command line: its commands and its help. What a command does is loaded when it is called.
 */
import { Command, Option } from 'commander';
import { addAnswerCommand } from './commands/answer';
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
import { COMMAND } from './text/command-name';

const EXAMPLES = `
Examples:
  $ ${COMMAND} demo                                # see it work: no key needed, a minute
  $ export ANTHROPIC_API_KEY=sk-ant-…
  $ ${COMMAND} run requests.jsonl --out results    # any number of requests, at half price
  $ ${COMMAND} status requests-3f9c2a --watch
  $ ${COMMAND} run --help                          # every option, with examples

If no Temporal server is configured (TEMPORAL_ADDRESS or a profile), commands run a dev server in .message-batches.`;

/** Makes the parser of the command line, every command with its help. */
export function createProgram(): Command {
  const program = new Command(COMMAND)
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
    addAnswerCommand,
    addCheckNowCommand,
    addResultsCommand,
    addForgetCommand,
    addWorkerCommand,
    addDevCommand,
    addSimulatorCommand,
    addDemoCommand,
  ];
  for (const addCommand of add) addCommand(program);
  // Set for each: a command does not inherit these settings when it is added before they are made.
  for (const command of program.commands) {
    command.addHelpOption(new Option('-h, --help', 'show this help').helpGroup('Help:'));
    command.showHelpAfterError(`(${COMMAND} ${command.name()} --help shows examples)`);
  }
  return program;
}
