// Why: docs/decisions/015-bring-a-dev-server.md
export { findExecutable } from './executables/find';
export { loopbackConnection } from './server-probe';
export { openStateFolder, type StateFolder } from './state-folder';
export { useDevServer } from './use-server';
