import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { preProcessFile } from 'typescript';

/** One import of one file by another, both as paths from the repository's root. Type imports count. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

const ROOT = join(__dirname, '../..');

/** Every TypeScript file below the given folders, sorted. */
export function sourceFiles(...folders: readonly string[]): string[] {
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
      join(folder, path)
    )
  );
  return files.filter((path) => path.endsWith('.ts')).sort();
}

/** What a file imports, as written: relative paths and package names. */
export function specifiers(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  return preProcessFile(source, true, true).importedFiles.map((entry) => entry.fileName);
}

/** All imports between the given files. An import that leads nowhere is an error. */
export function importsAmong(files: readonly string[]): Import[] {
  return files.flatMap((from) =>
    specifiers(from)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => ({ from, to: resolve(from, specifier) }))
  );
}

function resolve(from: string, specifier: string): string {
  const base = join(ROOT, from, '..', specifier);
  // A dynamic import names the compiled file.
  for (const path of [base, base.replace(/\.js$/, '.ts'), `${base}.ts`, join(base, 'index.ts')]) {
    if (existsSync(path) && statSync(path).isFile()) return relative(ROOT, path);
  }
  throw new Error(`${from} imports ${specifier}, which does not exist.`);
}

/**
 * The circles in a directed graph: its strongly connected components of two or more nodes, each sorted.
 *
 * Tarjan's algorithm; https://en.wikipedia.org/wiki/Tarjan%27s_strongly_connected_components_algorithm
 */
export function circles(edges: Iterable<readonly [string, string]>): string[][] {
  const targets = new Map<string, Set<string>>();
  for (const [from, to] of edges) {
    if (from === to) continue;
    targets.set(from, (targets.get(from) ?? new Set()).add(to));
  }
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];

  const visit = (node: string): number => {
    order.set(node, order.size);
    let low = order.size - 1;
    stack.push(node);
    for (const next of targets.get(node) ?? []) {
      const seen = order.get(next);
      if (seen === undefined) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, seen);
    }
    lowest.set(node, low);
    if (low === order.get(node)) {
      const component = stack.splice(stack.indexOf(node));
      if (component.length > 1) found.push(component.sort());
    }
    return low;
  };

  for (const node of targets.keys()) if (!order.has(node)) visit(node);
  return found;
}
