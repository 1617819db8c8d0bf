/**
 * Compiles the command line once per state of the sources, so that tests run it as users do: plain Node, a Workflow
 * bundle made beforehand. A type check it is not.
 */
'use strict';
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { transformSync } = require('@swc/core');

const ROOT = path.join(__dirname, '../../..');
const CACHE = path.join(ROOT, '.cache', 'cli');
const FOLDERS = ['src', 'workflows', 'activities'];
const DAY_MS = 24 * 60 * 60 * 1000;

/** @returns {string} the path of the compiled `bin/message-batches.js`. */
function compileCli() {
  const files = FOLDERS.flatMap((folder) => listSources(path.join(ROOT, folder)));
  const target = path.join(CACHE, hashOf([...files, ...extraFiles()]));
  if (!fs.existsSync(target)) build(files, target);
  return path.join(target, 'bin', 'message-batches.js');
}

function build(files, target) {
  removeOld();
  const building = `${target}.${process.pid}`;
  for (const file of files) {
    const out = path.join(building, 'lib', path.relative(ROOT, file).replace(/\.ts$/, '.js'));
    fs.mkdirSync(path.dirname(out), { recursive: true });
    fs.writeFileSync(out, compile(file));
  }
  for (const file of extraFiles()) {
    const out = path.join(building, path.relative(ROOT, file));
    fs.mkdirSync(path.dirname(out), { recursive: true });
    fs.copyFileSync(file, out);
  }
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(building, 'node_modules'));
  execFileSync(process.execPath, [path.join(building, 'lib/src/cli/session/build-bundle.js')]);
  try {
    fs.renameSync(building, target);
  } catch (error) {
    // Another test file was faster.
    fs.rmSync(building, { recursive: true });
    if (!fs.existsSync(target)) throw error;
  }
}

function compile(file) {
  const { code } = transformSync(fs.readFileSync(file, 'utf8'), {
    filename: file,
    sourceMaps: 'inline',
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  return code;
}

function extraFiles() {
  return [path.join(ROOT, 'bin/message-batches.js'), path.join(ROOT, 'package.json')];
}

function listSources(folder) {
  return fs
    .readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name))
    .sort();
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(fs.readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}

function removeOld() {
  fs.mkdirSync(CACHE, { recursive: true });
  for (const name of fs.readdirSync(CACHE)) {
    const old = path.join(CACHE, name);
    if (Date.now() - fs.statSync(old).mtimeMs > DAY_MS) fs.rmSync(old, { recursive: true });
  }
}

module.exports = { compileCli };

if (require.main === module) console.log(compileCli());
