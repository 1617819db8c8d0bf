export { findExecutable } from './executables/find';
export { loopbackConnection, type SearchAttributes } from './server-probe';
export { openStateFolder, type StateFolder } from './state-folder';
export { useEmbeddedServer } from './use-server';
