/** What the unit tests share: the folder of the run. Made before the processes that run test files. */
import { runFolder } from './temporary-folder';

// Jest asks for a default export or for `module.exports`.
module.exports = function setUp(): void {
  runFolder();
};
