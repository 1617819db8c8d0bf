import type { Command } from 'commander';
import type { DemoFlags } from '../demo/run-demo';
import { runCommand } from '../text/run-command';
import { addSections } from './sections';

export function addDemoCommand(program: Command): void {
  const command = program
    .command('demo')
    .summary('see a whole job in under a minute')
    .description('Runs a job over real documents, with its own dev server and folder.')
    .option('--exit', 'end when the results are shown')
    .option('-y, --yes', 'spend money without a question, if ANTHROPIC_API_KEY is set');
  addSections(command, {
    notes: `It asks one question about every package in node_modules, lets some requests fail, retries them, and shows the
results, with a link to the job's history in Temporal's UI. Without ANTHROPIC_API_KEY, or if you do not agree to pay,
a simulator on this machine answers.`,
    examples: [
      ['demo'],
      ['demo --exit', 'ends when the results are shown'],
      ['demo --yes', 'with your key, without a question'],
    ],
  }).action((flags: DemoFlags) =>
    runCommand(async () => (await import('../demo/run-demo.js')).runDemo(flags))
  );
}
