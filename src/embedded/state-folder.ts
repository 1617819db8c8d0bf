/**
 * The state folder: private, ignored by git, home of the embedded server's files.
 *
 * @module
 */
import { chmod, mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
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
 * Opens a state folder, and creates it where there is none: mode 0700, with a `.gitignore` of `*`.
 *
 * @throws Error when a folder with other content is there: what we put beside it would hide it from git.
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
  await writeFile(join(real, GITIGNORE), IGNORE_ALL);
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
  const entries = await readdir(path);
  // A Worker of an application may have made the default store before any command ran.
  if (!entries.includes(GITIGNORE)) return entries.every((entry) => entry === STORE);
  const text = (await readFile(join(path, GITIGNORE), 'utf8')).trim();
  // Empty: a process was killed as it wrote the file.
  return (
    text === '*' || (text === '' && entries.every((entry) => [GITIGNORE, STORE].includes(entry)))
  );
}
