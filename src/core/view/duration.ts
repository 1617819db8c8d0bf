/**
 * Durations as people read them.
 *
 * @module
 */

/** `250 ms`, `90 s`, `15 min`, `2.5 h`. */
export function durationText(ms: number): string {
  const wholeMs = Math.max(0, Math.round(ms));
  if (wholeMs < 1_000) return `${wholeMs} ms`;
  const seconds = Math.round(wholeMs / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}
