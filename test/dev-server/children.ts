/** Child processes that run a fixture from its sources. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Child<T> {
  /** The first line of its standard output. */
  readonly said: T;
  kill(): Promise<void>;
  /** Ends its standard input, and waits for its end. */
  leave(): Promise<void>;
}

const REGISTER = join(__dirname, '../helpers/register-ts.js');
const children = new Set<ChildProcess>();

export async function startChild<T>(fixture: string, ...args: string[]): Promise<Child<T>> {
  const path = join(__dirname, 'fixtures', fixture);
  const child = spawn(process.execPath, ['-r', REGISTER, path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  const ended = once(child, 'exit').then(() => children.delete(child));
  const lines = createInterface({ input: child.stdout });
  const said = await Promise.race([once(lines, 'line'), ended]);
  if (!Array.isArray(said)) throw new Error(`${fixture} ended with ${String(child.exitCode)}.`);
  return {
    said: JSON.parse(String(said[0])) as T,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async leave() {
      child.stdin.end();
      await ended;
    },
  };
}

/** For the end of a test file, however its tests ended. */
export function killChildren(): void {
  for (const child of children) child.kill('SIGKILL');
}
