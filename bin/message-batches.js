#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

if (existsSync(join(__dirname, '../lib/src/cli/main.js'))) {
  require('../lib/src/cli/main.js');
} else {
  console.error('error: This checkout is not built yet: run `npm ci`, or `npm run build`, first.');
  process.exitCode = 1;
}
