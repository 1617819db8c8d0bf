import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BUNDLE_VARIABLE } from './shared-bundle';

module.exports = async function tearDown(): Promise<void> {
  const path = process.env[BUNDLE_VARIABLE];
  if (path !== undefined) await rm(dirname(path), { recursive: true, force: true });
};
