/**
 * What the help of every command shares: one order of its sections, and the flags of a command on one job.
 */
import type { Command, Option } from 'commander';
import { addTargetFlags } from '../flags/target-flags';
import { COMMAND } from '../text/command-name';

export interface HelpSections {
  /** What the description has no room for. */
  readonly notes?: string;
  /** Arguments of the command line, and what they do. */
  readonly examples: readonly (readonly [string, string?])[];
  readonly exitStatus?: string;
}

/** Adds what follows the flags: notes, examples, exit status, always in this order. */
export function addSections(
  command: Command,
  { notes, examples, exitStatus }: HelpSections
): Command {
  const sections = [
    ...(notes === undefined ? [] : [notes]),
    `Examples:\n${formatExamples(examples)}`,
    ...(exitStatus === undefined ? [] : [`Exit status:\n${exitStatus}`]),
  ];
  return command.addHelpText('after', `\n${sections.join('\n\n')}`);
}

export interface JobCommandHelp extends HelpSections {
  readonly name: string;
  /** For the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** The command's own flags, which the help shows before those that all have. */
  readonly options?: readonly Option[];
}

/** Adds a command on one job. */
export function addJobCommand(
  program: Command,
  { name, summary, description, options = [], ...sections }: JobCommandHelp
): Command {
  const command = program
    .command(name)
    .summary(summary)
    .description(description)
    .argument('<JOB>', 'id of the job');
  for (const option of options) command.addOption(option);
  addTargetFlags(command);
  return addSections(command, sections);
}

/** An example is a command of ours, unless it begins with `$`. Comments go under each other. */
function formatExamples(examples: HelpSections['examples']): string {
  const lines = examples.map(([text, comment]) => ({
    line: text.startsWith('$') ? `  ${text}` : `  $ ${COMMAND} ${text}`,
    comment,
  }));
  const commented = lines.filter(({ comment }) => comment !== undefined);
  const width = Math.max(0, ...commented.map(({ line }) => line.length));
  return lines
    .map(({ line, comment }) => (comment ? `${line.padEnd(width)}   # ${comment}` : line))
    .join('\n');
}
