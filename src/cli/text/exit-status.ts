import type { Report } from '../../contract/public';

/** What a command's exit status means. */
export const EXIT = {
  /** Success; for `run` and `results`: every request succeeded. */
  done: 0,
  failed: 1,
  /** The job ended, with failures among its requests. */
  withFailures: 2,
  canceled: 3,
  /** 128 and the number of SIGINT. */
  interrupted: 130,
} as const;

/** How `run` and `results` exit once there is a report. */
export function reportExitStatus({ status, requests, succeeded }: Report): number {
  if (status === 'canceled') return EXIT.canceled;
  return succeeded === requests ? EXIT.done : EXIT.withFailures;
}
