/**
 * Bundles the Workflows once, when the package is built: `node lib/src/cli/session/build-bundle.js`.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { WORKFLOW_BUNDLE_NAME } from './engine-worker';

async function buildBundle(): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../../../workflows'),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(join(__dirname, '../../..', WORKFLOW_BUNDLE_NAME), code);
}

void buildBundle();
