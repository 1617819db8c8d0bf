/**
 * Commands for users to copy.
 */
import { relative } from 'node:path';
import { COMMAND } from '../text/command-name';
import { quote } from '../text/output';
import type { Target } from './target';
import { resolveTarget } from './target';

/**
 * A command on the same job, with the flags that it needs to find it.
 *
 * @param target - of the command that gives the hint.
 */
export function hint(target: Target, ...words: readonly string[]): string {
  return [COMMAND, ...[...words, ...whereFlags(target)].map(quote)].join(' ');
}

/** Only the flags whose values differ from a command's defaults. */
function whereFlags(target: Target): string[] {
  const usual = resolveTarget({});
  const flags: string[] = [];
  if (target.stateDir !== usual.stateDir) flags.push('--state', shorten(target.stateDir));
  const { store } = resolveTarget({ state: target.stateDir });
  if (target.store !== store) flags.push('--store', target.store);
  if (target.taskQueue !== usual.taskQueue) flags.push('--task-queue', target.taskQueue);
  const { temporal } = target;
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
