import { createInterface, type Interface } from 'node:readline/promises';
import { commandError } from './errors';
import { EXIT } from './exit-status';

/** Whether a question can be asked and answered. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks on standard error; only `y` or `yes` is a yes.
 *
 * @throws CommandError on Ctrl-C, which the terminal sends to the question and not to the process.
 */
export async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `), closed(lines)]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

function closed(lines: Interface): Promise<never> {
  return new Promise((_, reject) => {
    lines.once('close', () => {
      reject(commandError('Stopped; nothing was done.', EXIT.interrupted));
    });
  });
}
