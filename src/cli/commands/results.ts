import { Option, type Command } from 'commander';
import type { ResultsFlags } from '../run/fetch-results';
import { runCommand } from '../text/run-command';
import { addJobCommand } from './sections';

export function addResultsCommand(program: Command): void {
  addJobCommand(program, {
    name: 'results',
    summary: 'fetch the results of a job that has ended',
    description:
      'Copies results.jsonl, failures.jsonl and report.json of an ended job into DIR.\n' +
      'If the job is still running, it writes nothing and exits with 1.',
    examples: [
      ['results nightly --out results'],
      [`$ jq -r '[.custom_id, .result.message.content[0].text] | @tsv' results/results.jsonl`],
    ],
    exitStatus:
      '  0 every request succeeded, 2 the job ended with failures, 3 it was canceled, 1 anything else',
    options: [
      new Option('-o, --out <dir>', 'folder for the three files').makeOptionMandatory(),
      new Option('--json', 'print the report as JSON, and nothing else, on standard output'),
    ],
  }).action((jobId: string, flags: ResultsFlags) =>
    runCommand(async () => (await import('../run/fetch-results.js')).resultsOf(jobId, flags))
  );
}
