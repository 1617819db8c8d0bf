/**
 * From a command's result to the exit status of the process.
 */

/** Runs a command. Every error becomes one sentence on standard error and an exit status. */
export async function runCommand(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    // Loaded late: most commands succeed, and `--help` loads little.
    const { exitStatusOf, toErrorText } = await import('./errors.js');
    process.stderr.write(`${toErrorText(error)}\n`);
    process.exitCode = exitStatusOf(error);
  }
}
