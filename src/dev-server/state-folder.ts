/**
 * The state folder: private, ignored by git, home of the dev server's files.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
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
const STORE = 'store';

/**
 * Opens a state folder, and creates it if there is none: mode 0700, with a `.gitignore` of `*`.
 *
 * @throws Error when the folder has other content: our `.gitignore` would hide it from git.
 */
export async function openStateFolder(path: string): Promise<StateFolder> {
  const wanted = resolve(path);
  await mkdir(wanted, { recursive: true, mode: 0o700 });
  const real = await realpath(wanted);
  if (!(await isOurs(real))) {
    throw new Error(
      `The folder ${wanted} holds other files: choose another state folder (--state).`
    );
  }
  await chmod(real, 0o700);
  if (!(await isMarked(real))) await writeGitignore(real);
  const usersPath = join(real, 'users');
  await mkdir(usersPath, { recursive: true, mode: 0o700 });
  return {
    path: real,
    databasePath: join(real, 'temporal.db'),
    logPath: join(real, 'server.log'),
    recordPath: join(real, 'server.json'),
    usersPath,
  };
}

async function isOurs(path: string): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    if (await isMarked(path)) return true;
    const entries = await readdir(path);
    // A Worker of an application may have created the default store before any command ran.
    if (entries.every((entry) => entry === STORE || entry.startsWith(`${GITIGNORE}.`))) return true;
    // Another process may have opened it after the first check: check once more.
    if (attempt === 2) return false;
  }
}

async function isMarked(path: string): Promise<boolean> {
  const text = await readFile(join(path, GITIGNORE), 'utf8').catch(() => '');
  return text.trim() === IGNORE_ALL.trim();
}

/** In one step, because others may be opening the folder at the same time. */
async function writeGitignore(path: string): Promise<void> {
  const next = join(path, `${GITIGNORE}.${randomUUID()}`);
  await writeFile(next, IGNORE_ALL);
  await rename(next, join(path, GITIGNORE));
}
