/**
 * Where Temporal's own log lines go: to a file of the state folder, so that they do not mix with a command's output.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';

/** Beyond this size a new file is started; the previous one is kept. */
const LOG_BYTES_MAX = 5_000_000;

/**
 * Sets Temporal's logger for this process. Call once, before the first Worker or native connection is created.
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
  rotateIfLong(path);
  return (entry) => {
    try {
      appendFileSync(path, toLine(entry), { mode: 0o600 });
    } catch {
      // A command must not fail because its log cannot be written.
    }
  };
}

function rotateIfLong(path: string): void {
  try {
    if (statSync(path).size > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
  } catch {
    // There is no log yet.
  }
}

/** Long, and useless in a log. */
const NOISE = ['taskToken', 'sdkComponent', 'isLocal'];

function toLine({ level, timestampNanos, message, meta }: LogEntry): string {
  const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const { error, ...more } = meta ?? {};
  const cause = error instanceof Error ? ` ${error.name}: ${error.message}` : '';
  const shown = Object.entries(more).filter(([name]) => !NOISE.includes(name));
  const details = shown.length === 0 ? '' : ` ${toJson(Object.fromEntries(shown))}`;
  return `${at} ${level} ${message}${cause}${details}\n`;
}

function toJson(value: object): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member
  );
}
