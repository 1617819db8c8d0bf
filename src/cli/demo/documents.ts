/**
 * The demo's documents: descriptions and READMEs of the packages that are installed beside this one.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { packageRoot } from '../session/package-root';

export interface PackageDocument {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  /** The beginning of its README; empty where it has none. */
  readonly readme: string;
}

/** Enough to show what a job is; a real one may have millions. */
const DOCUMENTS_MAX = 400;
/** A README says what it is about at its beginning. */
const README_LENGTH_MAX = 2_000;

/** Reads every package of the `node_modules` that this package is installed with, by name. */
export async function findDocuments(): Promise<PackageDocument[]> {
  const folders = await packageFolders(modulesFolder());
  const found: PackageDocument[] = [];
  for (const folder of folders) {
    const document = await readDocument(folder);
    if (document !== null) found.push(document);
    if (found.length === DOCUMENTS_MAX) break;
  }
  return found;
}

/** In a checkout it is inside the package; an installed package is inside it. */
function modulesFolder(): string {
  const root = packageRoot();
  for (let folder = root; folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === 'node_modules') return folder;
  }
  return join(root, 'node_modules');
}

async function packageFolders(modules: string): Promise<string[]> {
  const folders: string[] = [];
  for (const name of await listNames(modules)) {
    if (name.startsWith('.')) continue;
    const path = join(modules, name);
    if (!name.startsWith('@')) folders.push(path);
    else for (const scoped of await listNames(path)) folders.push(join(path, scoped));
  }
  return folders;
}

async function readDocument(folder: string): Promise<PackageDocument | null> {
  const manifest = await readManifest(join(folder, 'package.json'));
  if (manifest === null) return null;
  const text = (name: string): string => {
    const value = manifest[name];
    return typeof value === 'string' ? value : '';
  };
  const readmeName = (await listNames(folder)).find((name) =>
    /^readme(\.(md|markdown))?$/i.test(name)
  );
  const readme = readmeName === undefined ? '' : await readFile(join(folder, readmeName), 'utf8');
  const document = {
    name: text('name'),
    version: text('version'),
    description: text('description'),
    license: text('license') || 'not stated',
    // The cut may go through a surrogate pair.
    readme: readme.slice(0, README_LENGTH_MAX).replace(/[\ud800-\udbff]$/, ''),
  };
  const saysSomething = document.description !== '' || document.readme !== '';
  return document.name !== '' && saysSomething ? document : null;
}

async function readManifest(path: string): Promise<Record<string, unknown> | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  } catch {
    return null;
  }
}

async function listNames(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
