/**
 * The flags that say which Temporal, which store and which state folder a command works with.
 */
import { Option, type Command } from 'commander';
import { TASK_QUEUE_DEFAULT } from '../../contract/names';

/** What commander makes of the flags below. */
export interface TargetFlags {
  readonly state?: string;
  readonly store?: string;
  readonly address?: string;
  readonly namespace?: string;
  readonly taskQueue?: string;
}

const HEADING = 'Where:';

/** Adds the flags of every command that talks to a job. */
export function addTargetFlags(command: Command): Command {
  const add = (flags: string, description: string): void => {
    command.addOption(new Option(flags, description).helpGroup(HEADING));
  };
  add(
    '--state <folder>',
    'state folder: the dev server and the default store (MESSAGE_BATCHES_STATE, .message-batches)'
  );
  add('--store <uri>', 'store: a folder or a URI (MESSAGE_BATCHES_STORE, <state>/store)');
  add(
    '--address <host:port>',
    'Temporal server (TEMPORAL_ADDRESS, your profile, else the dev server)'
  );
  add('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE, your profile, default)');
  add('--task-queue <name>', `task queue of the Workers (${TASK_QUEUE_DEFAULT})`);
  return command;
}
