/**
 * What all test files share, made once: Temporal's executables and the Workflow bundle.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { findExecutable } from '../../src/dev-server';
import { BUNDLE_VARIABLE } from './shared-bundle';
import { temporaryFolder } from './temporary-folder';

// Jest asks for a default export or for `module.exports`.
module.exports = async function setUp(): Promise<void> {
  const onProgress = (message: string): void => {
    process.stdout.write(`${message}\n`);
  };
  await findExecutable('temporal-cli', { onProgress });
  await findExecutable('temporal-test-server', { onProgress });
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows'),
    logger: new DefaultLogger('ERROR'),
  });
  const path = join(temporaryFolder(), 'workflows.js');
  await writeFile(path, code);
  process.env[BUNDLE_VARIABLE] = path;
};
