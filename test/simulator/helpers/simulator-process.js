// Runs a simulator in a process of its own, so that its memory can be measured. Prints its URL, then its peak
// resident set in bytes for every line on standard input.
const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};

async function main() {
  const { startSimulator } = require('../../../src/simulator/index.ts');
  const simulator = await startSimulator({ batchTimeMs: 0 });
  console.log(simulator.url);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', () => console.log(process.resourceUsage().maxRSS * 1024));
  lines.on('close', () => void simulator.close());
}

void main();
