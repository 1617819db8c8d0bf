/**
 * Fetches Temporal's executables once, before any test file looks for them at the same time.
 */
import { findExecutable } from '../../src/embedded';

// Jest asks for a default export or for `module.exports`.
module.exports = async function setUp(): Promise<void> {
  const onProgress = (message: string): void => {
    process.stdout.write(`${message}\n`);
  };
  await findExecutable('temporal-cli', { onProgress });
  await findExecutable('temporal-test-server', { onProgress });
};
