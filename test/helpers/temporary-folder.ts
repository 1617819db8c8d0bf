/** Temporary folders: all in one folder of the run, which is removed when the run ends. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names the run's folder to the processes that run the test files. */
const RUN_FOLDER_VARIABLE = 'MESSAGE_BATCHES_TEST_FOLDER';

/**
 * Makes a folder with a unique name.
 *
 * It exists until the whole run ends, so a file's own Workers and servers may write to it until they are closed.
 *
 * @returns its path without symbolic links.
 */
export function temporaryFolder(): string {
  return mkdtempSync(join(runFolder(), 'f-'));
}

/** The run's folder; the first process that asks makes it, and removes it when it exits. */
export function runFolder(): string {
  const known = process.env[RUN_FOLDER_VARIABLE];
  if (known !== undefined) return known;
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'mb-test-')));
  process.env[RUN_FOLDER_VARIABLE] = path;
  process.once('exit', () => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}
