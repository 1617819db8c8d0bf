/**
 * Ctrl-C: the first one ends the command in order, the second one at once.
 */
import { EXIT } from '../text/exit-status';

export interface Interrupt {
  /** Aborted with the first signal. */
  readonly signal: AbortSignal;
  /** Resolves with the exit status that says which signal it was. */
  readonly interrupted: Promise<number>;
  /** Stops listening. */
  dispose(): void;
}

const SIGNALS = { SIGHUP: 129, SIGINT: EXIT.interrupted, SIGTERM: 143 } as const;

/** Listens for as long as the work takes. */
export async function withInterrupt<T>(work: (interrupt: Interrupt) => Promise<T>): Promise<T> {
  const interrupt = listenForInterrupt();
  try {
    return await work(interrupt);
  } finally {
    interrupt.dispose();
  }
}

/** Listens from now on. A signal no longer ends the process by itself, except the second one. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  let resolve: (exitStatus: number) => void;
  const interrupted = new Promise<number>((done) => (resolve = done));
  const listen = (name: NodeJS.Signals): void => {
    const exitStatus = SIGNALS[name as keyof typeof SIGNALS];
    if (controller.signal.aborted) process.exit(exitStatus);
    controller.abort();
    resolve(exitStatus);
  };
  const names = Object.keys(SIGNALS) as NodeJS.Signals[];
  for (const name of names) process.on(name, listen);
  return {
    signal: controller.signal,
    interrupted,
    dispose: () => {
      for (const name of names) process.off(name, listen);
    },
  };
}

/** Waits; ends early, and does not throw, when the signal is aborted. */
export function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, delayMs);
    signal?.addEventListener('abort', wake);
  });
}
