/**
 * The entry of the command `message-batches`.
 */
import { createProgram } from './program';

async function main(): Promise<void> {
  // Whoever reads our output may have had enough: `… | head`.
  process.stdout.on('error', () => {
    process.exit();
  });
  await createProgram().parseAsync(process.argv);
  // What Temporal's runtime still holds is no reason to stay.
  process.exit();
}

void main();
