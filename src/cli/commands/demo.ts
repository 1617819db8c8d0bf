import type { Command } from 'commander';
import { runDemo, type DemoFlags } from '../demo/run-demo';
import { runCommand } from '../text/run-command';

const EXAMPLES = `
It asks one question about every package in node_modules, lets some requests fail, retries them, and shows what came
of it, with a link to the job's history in Temporal's UI. Without ANTHROPIC_API_KEY, or when you do not agree to pay, a
simulator on this machine answers.

Examples:
  $ message-batches demo
  $ message-batches demo --exit      ends when the results are shown
  $ message-batches demo --yes       with your key, without a question`;

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .summary('see a whole job in under a minute')
    .description('Runs a job over real documents, with a Temporal server and a folder of its own.')
    .option('--exit', 'end when the results are shown')
    .option('-y, --yes', 'spend money without a question, when ANTHROPIC_API_KEY is set')
    .addHelpText('after', EXAMPLES)
    .action((flags: DemoFlags) => runCommand(() => runDemo(flags)));
}
