/**
 * How users call the command: through the package's name, which is also the only safe name for `npx`. Where this
 * package is not installed, `npx message-batches` would run another package.
 */
export const COMMAND = 'npx temporal-message-batches';
