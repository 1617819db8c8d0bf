/**
 * State folders for tests, and a check that no server outlives its test.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  endProcess,
  findByFlag,
  type ProcessIdentity,
} from '../../src/dev-server/process-identity';
import { DATABASE_FLAG } from '../../src/dev-server/server-process';
import { killChildren, startChild, type Child } from './children';
import { temporaryFolder } from '../helpers/temporary-folder';

export interface Said {
  readonly address: string;
  readonly pid: number;
}

/** A folder of state folders, for one test file. */
export const root = temporaryFolder();

export function newStateDir(): string {
  return join(root, randomUUID().slice(0, 8));
}

export function startUser(stateDir: string): Promise<Child<Said>> {
  return startChild<Said>('use-server.ts', stateDir);
}

export function serversOf(stateDir: string): ProcessIdentity[] {
  return findByFlag(DATABASE_FLAG, join(stateDir, 'temporal.db'));
}

export function assertNoServer(stateDir: string): void {
  if (serversOf(stateDir).length > 0) throw new Error(`A server of ${stateDir} was left running.`);
}

export async function removeAll(): Promise<void> {
  killChildren();
  for (const folder of readdirSync(root)) {
    for (const server of serversOf(join(root, folder))) await endProcess(server, 0);
  }
}
