/** Bundles Workflows when you build, so that a Worker starts without webpack. */
import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode, Worker, type WorkerOptions } from '@temporalio/worker';
import { MessageBatchesPlugin } from 'temporal-message-batches';

/** @param workflowsPath - Your Workflow module, with `export * from 'temporal-message-batches/workflows'` in it. */
export async function buildBundle(workflowsPath: string, codePath: string): Promise<void> {
  // With the plugin, a module that lacks that line fails the build and not the Worker.
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    plugins: [new MessageBatchesPlugin()],
  });
  await writeFile(codePath, code);
}

export async function createWorker(codePath: string, options: WorkerOptions): Promise<Worker> {
  return Worker.create({
    ...options,
    workflowBundle: { codePath },
    plugins: [new MessageBatchesPlugin()],
  });
}
