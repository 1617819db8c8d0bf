/**
 * The state folder: private, ignored by git, home of the embedded server's files.
 *
 * @module
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface StateFolder {
  /** Absolute, symbolic links resolved: one folder has one name. */
  readonly path: string;
  readonly databasePath: string;
  readonly logPath: string;
  readonly recordPath: string;
  readonly usersPath: string;
}

const GITIGNORE = '.gitignore';
const IGNORE_ALL = '*\n';

/**
 * Opens a state folder, and creates it where there is none: mode 0700, with a `.gitignore` of `*`.
 *
 * @throws Error when a folder with other content is there: what we put beside it would hide it from git.
 */
export function openStateFolder(path: string): StateFolder {
  const wanted = resolve(path);
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  const real = realpathSync(wanted);
  if (!isOurs(real)) {
    throw new Error(`The folder ${wanted} holds other files: choose another state folder (--state).`);
  }
  chmodSync(real, 0o700);
  writeFileSync(join(real, GITIGNORE), IGNORE_ALL);
  const usersPath = join(real, 'users');
  mkdirSync(usersPath, { recursive: true, mode: 0o700 });
  return {
    path: real,
    databasePath: join(real, 'temporal.db'),
    logPath: join(real, 'server.log'),
    recordPath: join(real, 'server.json'),
    usersPath,
  };
}

function isOurs(path: string): boolean {
  const entries = readdirSync(path);
  if (!entries.includes(GITIGNORE)) return entries.length === 0;
  // Empty: a process was killed while it wrote the file. Two characters can't be half there in any other way.
  const text = readFileSync(join(path, GITIGNORE), 'utf8').trim();
  return text === '*' || (text === '' && entries.length === 1);
}
