/**
 * Where Temporal's own log lines go: to a file of the state folder, so that a command's output stays its own.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';

/** The file starts anew beyond this; the one before is kept. */
const LOG_BYTES_MAX = 5_000_000;

/**
 * Sets Temporal's logger for this process. Call before anything of Temporal is made, and once.
 *
 * @param path - null: standard error.
 */
export function installWorkerLog(path: string | null): void {
  const write = path === null ? toStderr : toFile(path);
  Runtime.install({
    logger: new DefaultLogger('WARN', write),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    // Commands decide themselves what a signal means.
    shutdownSignals: [],
  });
}

function toStderr(entry: LogEntry): void {
  process.stderr.write(toLine(entry));
}

function toFile(path: string): (entry: LogEntry) => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  startAnewWhenLong(path);
  return (entry) => {
    try {
      appendFileSync(path, toLine(entry), { mode: 0o600 });
    } catch {
      // A log that can't be written is no reason to fail.
    }
  };
}

function startAnewWhenLong(path: string): void {
  try {
    if (statSync(path).size > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
  } catch {
    // There is none yet.
  }
}

/** Long, and useless in a log. */
const NOISE = ['taskToken', 'sdkComponent', 'isLocal'];

function toLine({ level, timestampNanos, message, meta }: LogEntry): string {
  const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const { error, ...more } = meta ?? {};
  const cause = error instanceof Error ? ` ${error.name}: ${error.message}` : '';
  const rest = Object.entries(more).filter(([name]) => !NOISE.includes(name));
  const details = rest.length === 0 ? '' : ` ${toJson(Object.fromEntries(rest))}`;
  return `${at} ${level} ${message}${cause}${details}\n`;
}

function toJson(value: object): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member
  );
}
