/**
 * `server.json`: what the next process needs to know of a state folder's server. Written under the folder's lock.
 *
 * @module
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Ports } from './ports';
import type { ProcessIdentity } from './process-identity';
import type { StateFolder } from './state-folder';

export interface RunningServer extends Ports, ProcessIdentity {}

export interface ServerRecord {
  /** The ports chosen for this folder, which it keeps. */
  readonly kept?: Ports | undefined;
  /** Written as soon as the process is started, before it answers. */
  readonly running?: RunningServer | undefined;
  /** The database's id, as its server reports it: identifies the server that answers on a port. */
  readonly clusterId?: string | undefined;
}

/** Reads the record. An unreadable file counts as none: everything in it can be determined again. */
export function readRecord(folder: StateFolder): ServerRecord {
  try {
    const record: unknown = JSON.parse(readFileSync(folder.recordPath, 'utf8'));
    return typeof record === 'object' && record !== null ? record : {};
  } catch {
    return {};
  }
}

/** Replaces the record in one step. */
export function writeRecord(folder: StateFolder, record: ServerRecord): void {
  const next = `${folder.recordPath}.next`;
  writeFileSync(next, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(next, folder.recordPath);
}
