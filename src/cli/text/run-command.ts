/**
 * From what a command comes to, to the exit status of the process.
 */
import { exitStatusOf, toErrorText } from './errors';
import { printError } from './output';

/** Runs a command; every error becomes one sentence on standard error and an exit status. */
export async function runCommand(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    printError(toErrorText(error));
    process.exitCode = exitStatusOf(error);
  }
}
