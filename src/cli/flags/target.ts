/**
 * Which Temporal, which store and which state folder a command works with.
 */
import { isAbsolute, join, resolve } from 'node:path';
import { loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import type { ClientConfigProfile } from '@temporalio/envconfig';
import { TASK_QUEUE_DEFAULT } from '../../contract/names';
import { commandError, toSentence } from '../text/errors';
import type { TargetFlags } from './target-flags';

/** The state folder unless another is named: the dev server's files and the default store. */
export const STATE_DEFAULT = '.message-batches';

/** A Temporal server that was named by a flag, a variable or a profile. */
export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly connection: ReturnType<typeof toClientOptions>['connectionOptions'];
}

export interface Target {
  /** Absolute. */
  readonly stateDir: string;
  /** An absolute path or a URI. */
  readonly store: string;
  readonly taskQueue: string;
  /** Null: the dev server of the state folder. */
  readonly temporal: TemporalServer | null;
}

/**
 * Combines flags, variables and Temporal's profile file; flags take precedence.
 *
 * @throws CommandError when the profile can't be read.
 */
export function resolveTarget(flags: TargetFlags): Target {
  const stateDir = resolve(flags.state ?? variable('MESSAGE_BATCHES_STATE') ?? STATE_DEFAULT);
  const store = flags.store ?? variable('MESSAGE_BATCHES_STORE') ?? join(stateDir, 'store');
  return {
    stateDir,
    store: toPlace(store),
    taskQueue: flags.taskQueue ?? TASK_QUEUE_DEFAULT,
    temporal: resolveTemporal(flags),
  };
}

/** Makes a path absolute, so that it names the same folder from everywhere. */
export function toPlace(store: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(store) || isAbsolute(store) ? store : resolve(store);
}

function resolveTemporal(flags: TargetFlags): TemporalServer | null {
  const profile = loadProfile();
  const address = flags.address ?? profile.address;
  if (address === undefined || address === '') return null;
  const namespace = flags.namespace ?? profile.namespace ?? 'default';
  const { connectionOptions } = toClientOptions({ ...profile, address, namespace });
  return { address, namespace, connection: connectionOptions };
}

function loadProfile(): ClientConfigProfile {
  try {
    return loadClientConfigProfile();
  } catch (error) {
    // envconfig 1.24 throws this for a file without any profile.
    if (error instanceof TypeError) return loadClientConfigProfile({ disableFile: true });
    throw commandError(`Temporal's profile can't be read: ${toSentence(error)}`);
  }
}

function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === '' ? undefined : value;
}
