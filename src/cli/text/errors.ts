/**
 * Errors as users see them: one clear sentence on standard error, sometimes a list, never a stack.
 */
import { findMessageBatchFailure } from '../../contract/failures';
import { OPTION_NAMES } from '../../contract/options';
import { EXIT } from './exit-status';
import { toFlag } from './flag-name';

/** An error of a command, with a message for the user. */
export interface CommandError extends Error {
  readonly exitStatus: number;
}

/**
 * Creates an error whose message is shown as it is.
 *
 * @param message - One sentence; further lines are a list.
 */
export function commandError(message: string, exitStatus: number = EXIT.failed): CommandError {
  return Object.assign(new Error(message), { exitStatus });
}

export function exitStatusOf(error: unknown): number {
  return isCommandError(error) ? error.exitStatus : EXIT.failed;
}

/** What went wrong; if `MESSAGE_BATCHES_DEBUG` is set, with the stack. */
export function toErrorText(error: unknown): string {
  const isDebugging = (process.env['MESSAGE_BATCHES_DEBUG'] ?? '') !== '';
  const stack = isDebugging && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  return `error: ${toSentence(error)}${stack}`;
}

/** An error as a sentence, without its stack. */
export function toSentence(error: unknown): string {
  if (isCommandError(error)) return error.message;
  const known = findMessageBatchFailure(error);
  if (known !== null) return OF_OPTIONS.has(known.type) ? withFlags(known.message) : known.message;
  if (!(error instanceof Error)) return `Something unexpected was thrown: ${typeof error}.`;
  if (error instanceof RangeError) return withFlags(error.message);
  return systemSentence(error) ?? grpcSentence(error) ?? firstCause(error);
}

/** Whether Temporal did not answer: it is restarting, or not running. */
export function isUnavailable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (code === GRPC.unavailable || code === GRPC.deadlineExceeded || code === GRPC.canceled) {
      return true;
    }
    if (/UNAVAILABLE|ECONNREFUSED|ECONNRESET|transport error/.test(at.message)) return true;
  }
  return false;
}

const GRPC = { canceled: 1, deadlineExceeded: 4, unavailable: 14 } as const;

/** Failures whose messages name options; others may name a line's own `params`. */
const OF_OPTIONS: ReadonlySet<string> = new Set([
  'MessageBatch.BadOptions',
  'MessageBatch.JobMismatch',
]);

function isCommandError(error: unknown): error is CommandError {
  return error instanceof Error && Object.hasOwn(error, 'exitStatus');
}

/** The engine names options as JSON spells them; here they are flags. */
function withFlags(message: string): string {
  return message.replace(/`([a-zA-Z]+)`/g, (quoted, name: string) =>
    (OPTION_NAMES as readonly string[]).includes(name) ? `\`${toFlag(name)}\`` : quoted
  );
}

const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file or folder',
  EACCES: 'Permission denied: cannot open',
  EPERM: 'Permission denied: cannot change',
  EISDIR: 'Expected a file and found a folder',
  ENOTDIR: 'Expected a folder and found a file',
  ENOSPC: 'The disk is full',
  EROFS: 'The file system is read-only',
  EADDRINUSE: 'The port is taken',
};

function systemSentence(error: Error): string | null {
  const { code, path, port } = error as NodeJS.ErrnoException & { port?: number };
  const words = code === undefined ? undefined : SYSTEM[code];
  if (words === undefined) return null;
  const what = path ?? port;
  return what === undefined ? `${words}.` : `${words}: ${what}`;
}

function grpcSentence(error: Error): string | null {
  return isUnavailable(error) ? `Temporal does not answer: ${firstCause(error)}` : null;
}

function firstCause(error: Error): string {
  let at = error;
  while (at.cause instanceof Error) at = at.cause;
  const [line = ''] = at.message.split('\n');
  return line === '' ? at.name : line;
}
