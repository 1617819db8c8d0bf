/**
 * Identifies a process: the system reuses pids, but not a pid together with its start time.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque, equal for as long as the process lives; letters, digits and dashes only. */
  readonly startedAt: string;
}

const HAS_PROC = process.platform !== 'win32' && existsSync('/proc/self/stat');
const POLL_MS = 25;
/** After SIGKILL a process ends at once, unless it is in an uninterruptible system call. */
const KILL_TIMEOUT_MS = 10_000;

/** Identifies a living process; undefined when it has ended, even if it is not reaped yet. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = HAS_PROC
    ? fromProc(pid)
    : process.platform === 'win32'
      ? bySignal(pid)
      : fromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether exactly this process is still running. */
export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return identify(pid)?.startedAt === startedAt;
}

/** Finds the processes that were started with this value of a flag. Finds none on Windows. */
export function findByFlag(flag: string, value: string): ProcessIdentity[] {
  const pids = HAS_PROC ? pidsFromProc(flag, value) : pidsFromPs(`${flag} ${value}`);
  return pids.map(identify).filter((found) => found !== undefined);
}

/**
 * Ends a process: SIGTERM, and after `graceMs` SIGKILL. Resolves when it has ended.
 *
 * @throws Error when it can't be ended.
 */
export async function endProcess(target: ProcessIdentity, graceMs: number): Promise<void> {
  signal(target, 'SIGTERM');
  if (await isGoneWithin(target, graceMs)) return;
  signal(target, 'SIGKILL');
  if (await isGoneWithin(target, KILL_TIMEOUT_MS)) return;
  throw new Error(`Process ${target.pid} could not be ended.`);
}

function signal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isGoneWithin(target: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isAlive(target)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** The clock ticks of the start count from the boot, hence the boot's id. */
function fromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name, in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, ticks] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X' || ticks === undefined) return undefined;
    return `${bootId()}-${ticks}`;
  } catch {
    return undefined;
  }
}

let boot: string | undefined;

function bootId(): string {
  try {
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  } catch {
    boot = 'boot';
  }
  return boot;
}

function fromPs(pid: number): string | undefined {
  const [state, ...startedAt] = ps('-o', 'state=,lstart=', '-p', String(pid)).trim().split(/\s+/);
  if (!state || state.startsWith('Z')) return undefined;
  return startedAt.join('-').replace(/[^\w-]/g, '-');
}

function bySignal(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
    return 'running';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'running' : undefined;
  }
}

function pidsFromProc(flag: string, value: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return args.some((arg, index) => arg === flag && args[index + 1] === value);
      } catch {
        return false;
      }
    });
}

function pidsFromPs(text: string): number[] {
  if (process.platform === 'win32') return [];
  return ps('-axww', '-o', 'pid=,command=')
    .split('\n')
    .filter((line) => line.includes(`${text} `) || line.endsWith(text))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid !== process.pid);
}

function ps(...args: string[]): string {
  try {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    return execFileSync('ps', args, { env, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
  } catch {
    // `ps` exits with 1 when there is no such process.
    return '';
  }
}
