/**
 * A store whose process is struck down right before or right after it writes a certain object: a crash at a point of the
 * test's choice. The store itself is the real one.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../src/store/store';

export interface Strike {
  /** Of the test's own; each strikes once, however many processes check for it. */
  readonly name: string;
  readonly at: 'before' | 'after';
  /** A regular expression for the object's key. */
  readonly key: string;
  /** SIGSTOP: the process is suspended until SIGCONT. SIGTERM and SIGINT: the Worker stops as its SDK makes it. */
  readonly signal: 'SIGKILL' | 'SIGSTOP' | 'SIGTERM' | 'SIGINT';
}

/** @param marks - Folder in which strikes that have happened are marked, by name. */
export function withStrikes(store: Store, strikes: readonly Strike[], marks: string): Store {
  if (strikes.length === 0) return store;
  const strike = (at: Strike['at'], key: string): void => {
    for (const { name, at: when, key: pattern, signal } of strikes) {
      if (when !== at || !new RegExp(pattern).test(key) || !mark(join(marks, name))) continue;
      // After SIGKILL and SIGSTOP the process is dead or suspended before this returns.
      process.kill(process.pid, signal);
    }
  };
  const around = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    strike('before', key);
    const done = await work();
    strike('after', key);
    return done;
  };
  return {
    ...store,
    write: (key, source) => around(key, () => store.write(key, source)),
    writeNew: (key, source) => around(key, () => store.writeNew(key, source)),
    remove: (key) => around(key, () => store.remove(key)),
  };
}

/** @returns false when it was marked before, by whomever. */
function mark(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch {
    return false;
  }
}
