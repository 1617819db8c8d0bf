/**
 * Deletes each declaration in `lib/` that no public entry point refers to.
 *
 * The declarations of the command line, the dev server and the Activities would only add names to users' auto-import.
 */
import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const entryPoints = Object.values(exports).flatMap(({ types }) => (types ? [resolve(types)] : []));

const program = ts.createProgram(entryPoints, {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  types: [],
});
const needed = new Set(program.getSourceFiles().map(({ fileName }) => resolve(fileName)));

for (const path of ts.sys.readDirectory('lib', ['.d.ts']).map((name) => resolve(name))) {
  if (!needed.has(path)) rmSync(path);
}
