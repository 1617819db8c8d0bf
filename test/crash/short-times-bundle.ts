/** The Workflow bundle of the tests that kill, shared by the test files of one run. */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { silentLogger } from '../helpers/engine';
import { BUNDLE_VARIABLE } from '../helpers/shared-bundle';

let bundle: Promise<string> | undefined;

/** Path of the bundle with short times. The first test file that asks builds it: other runs have no use for it. */
export function shortTimesBundle(): Promise<string> {
  return (bundle ??= findOrBuild());
}

async function findOrBuild(): Promise<string> {
  const path = join(dirname(process.env[BUNDLE_VARIABLE] ?? ''), 'short-times.js');
  if (existsSync(path)) return path;
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows'),
    workflowInterceptorModules: [require.resolve('./short-times')],
    logger: silentLogger(),
  });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, code);
  await rename(temporary, path);
  return path;
}
