/**
 * Commands for people to copy.
 */
import { relative } from 'node:path';
import { quote } from '../text/output';
import type { Settings } from './settings';
import { resolveSettings } from './settings';

/**
 * A command that does something to the same job: with the flags that it needs to find it.
 *
 * @param settings - of the command that gives the hint.
 */
export function hint(settings: Settings, ...words: readonly string[]): string {
  return ['message-batches', ...words, ...whereFlags(settings)].map(quote).join(' ');
}

/** Only what differs from what a command would take by itself. */
function whereFlags(settings: Settings): string[] {
  const usual = resolveSettings({});
  const flags: string[] = [];
  if (settings.stateDir !== usual.stateDir) flags.push('--state', shorten(settings.stateDir));
  const { store } = resolveSettings({ state: settings.stateDir });
  if (settings.store !== store) flags.push('--store', settings.store);
  if (settings.taskQueue !== usual.taskQueue) flags.push('--task-queue', settings.taskQueue);
  const { temporal } = settings;
  if (temporal !== null && temporal.address !== usual.temporal?.address) {
    flags.push('--address', temporal.address);
  }
  if (temporal !== null && temporal.namespace !== (usual.temporal?.namespace ?? 'default')) {
    flags.push('--namespace', temporal.namespace);
  }
  return flags;
}

function shorten(path: string): string {
  const near = relative(process.cwd(), path);
  return near !== '' && !near.startsWith('..') ? near : path;
}
