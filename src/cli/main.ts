/**
 * The entry of the command.
 */
import { createProgram } from './program';
import { EXIT } from './text/exit-status';

async function main(): Promise<void> {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error: unknown) => {
      void failAtOnce(error);
    });
  }
  // A reader may close our output early (`… | head`): that is no reason to leave a server behind.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  await createProgram().parseAsync(process.argv);
  // Temporal's runtime would keep the process alive.
  process.exit();
}

async function failAtOnce(error: unknown): Promise<void> {
  const { toErrorText } = await import('./text/errors.js');
  process.stderr.write(`${toErrorText(error)}\n`);
  process.exit(EXIT.failed);
}

void main();
