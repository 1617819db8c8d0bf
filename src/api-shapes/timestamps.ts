/**
 * A time as the API writes it: RFC 3339 with microseconds and `+00:00`.
 *
 * @param atMs - epoch milliseconds.
 * @param micros - 0 to 999, what the API's clock knows beyond milliseconds.
 */
export function toTimestamp(atMs: number, micros: number): string {
  const text = new Date(atMs).toISOString().slice(0, -1);
  return `${text}${String(micros).padStart(3, '0')}+00:00`;
}

/** A time as the `anthropic-ratelimit-*-reset` headers write it: RFC 3339 in whole seconds. */
export function toSecondsTimestamp(atMs: number): string {
  return `${new Date(Math.ceil(atMs / 1000) * 1000).toISOString().slice(0, -5)}Z`;
}
