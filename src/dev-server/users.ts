/**
 * Who uses a state folder's server: one file per use, named after the process, so that the files of dead processes can
 * be recognized.
 *
 * @module
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive } from './process-identity';
import type { StateFolder } from './state-folder';

let usesOfThisProcess = 0;

/** Registers a use by this process. @returns The name it is registered under. */
export function registerUser(folder: StateFolder): string {
  const { pid, startedAt } = identify(process.pid) ?? { pid: process.pid, startedAt: 'unknown' };
  usesOfThisProcess += 1;
  const name = `${pid}-${startedAt}.${usesOfThisProcess}`;
  writeFileSync(join(folder.usersPath, name), '', { mode: 0o600 });
  return name;
}

/** Removes a use and those of dead processes. @returns How many are left. */
export function removeUser(folder: StateFolder, name: string): number {
  rmSync(join(folder.usersPath, name), { force: true });
  return sweepUsers(folder);
}

/** Removes the uses of dead processes. @returns How many are left. */
export function sweepUsers(folder: StateFolder): number {
  const alive = readdirSync(folder.usersPath).filter((name) => {
    const [, pid, startedAt] = /^(\d+)-(.+)\.\d+$/.exec(name) ?? [];
    if (pid && startedAt && isAlive({ pid: Number(pid), startedAt })) return true;
    rmSync(join(folder.usersPath, name), { force: true });
    return false;
  });
  return alive.length;
}
