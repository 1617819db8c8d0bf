/**
 * The entry of the command `message-batches`.
 */
import { toErrorText } from './text/errors';
import { EXIT } from './text/exit-status';
import { createProgram } from './program';

async function main(): Promise<void> {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error: unknown) => {
      process.stderr.write(`${toErrorText(error)}\n`);
      process.exit(EXIT.failed);
    });
  }
  // The reader of our output may have closed it (`… | head`): no reason to leave a server behind.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  await createProgram().parseAsync(process.argv);
  // What Temporal's runtime still holds is no reason to stay.
  process.exit();
}

void main();
