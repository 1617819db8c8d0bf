/**
 * Replays one Workflow history on the Workflows of today, for a debugger or to see whether a change is safe.
 *
 *     npm run replay -- test/histories/recorded/retries.job.json
 *     node --inspect-brk scripts/replay.mjs test/histories/recorded/retries.job.json
 *
 * A history of your own: `temporal workflow show --workflow-id ID --output json > history.json`.
 */
import { readFile } from 'node:fs/promises';
import console from 'node:console';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('Usage: npm run replay -- HISTORY.json');
  process.exit(1);
}

Runtime.install({ logger: new DefaultLogger('ERROR') });
const history = JSON.parse(await readFile(path, 'utf8'));
const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
// Without it, Temporal takes a Workflow that waits at a breakpoint for a deadlock.
await Worker.runReplayHistory({ workflowsPath, debugMode: true }, history);
console.log(`${path}: replays (${history.events.length} events).`);
