/**
 * Runs a command's work in a session that ends in order: when the work is done, when it fails, and on Ctrl-C.
 */
import type { Target } from '../flags/target';
import { isTerminal, printError } from '../text/output';
import { listenForInterrupt, type Interrupt } from './interrupt';
import { openSession, type Session, type SessionOptions } from './session';

export interface WithSessionOptions extends SessionOptions {
  /** Called on the first Ctrl-C with the exit status of its signal. Returns the command's. Defaults to that of the signal. */
  readonly onInterrupt?: (exitStatus: number) => number;
  /** Listens already. Defaults to a listener that lasts as long as the session. */
  readonly interrupt?: Interrupt;
}

/** After this long, a person who pressed Ctrl-C reads what the command is still waiting for. */
const PATIENCE_MS = 3_000;

/**
 * Opens a session, does the work in it, and closes it.
 *
 * @param work - gets a signal that is aborted on Ctrl-C. Its result is ignored from then on.
 * @returns the exit status of the work, or of the interrupt.
 */
export async function withSession(
  target: Target,
  { onInterrupt = (exitStatus) => exitStatus, ...options }: WithSessionOptions,
  work: (session: Session, signal: AbortSignal) => Promise<number>
): Promise<number> {
  const interrupt = options.interrupt ?? listenForInterrupt();
  const opening = openSession(target, { onNote: noteOnTerminal, ...options });
  const working = opening.then((session) => work(session, interrupt.signal));
  // After Ctrl-C its result is ignored; this avoids an unhandled rejection.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, interrupt.interrupted.then(onInterrupt)]);
  } finally {
    await closeInTime(opening, interrupt.signal);
    if (options.interrupt === undefined) interrupt.dispose();
  }
}

async function closeInTime(opening: Promise<Session>, signal: AbortSignal): Promise<void> {
  const timer = setTimeout(() => {
    if (signal.aborted) {
      printError('Waiting for running calls to finish; press Ctrl-C again to stop at once.');
    }
  }, PATIENCE_MS);
  const session = await opening.catch(() => null);
  await session?.close();
  clearTimeout(timer);
}

function noteOnTerminal(text: string): void {
  if (isTerminal()) printError(text);
}
