/**
 * Output, and the format of numbers and tables.
 */

/** Prints a result. Standard output contains results and nothing else. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Prints something for a person. Scripts read standard output only. */
export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Whether a person sees standard error, and can act on it. */
export function isTerminal(): boolean {
  return process.stderr.isTTY;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 request`, `2,000 requests`. */
export function plural(count: number, noun: string): string {
  const nouns = /(ch|s|x)$/.test(noun) ? `${noun}es` : `${noun}s`;
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Columns as wide as their widest cell; numbers to the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const isNumeric = head.map((_, column) =>
    rows.every((row) => /^[\d,.$–-]*$/.test(row[column] ?? ''))
  );
  return all
    .map((row) =>
      widths
        .map((width, column) => {
          const cell = row[column] ?? '';
          return isNumeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd()
    )
    .join('\n');
}

/** Lines of `name  value`, names padded to the same width. */
export function formatFields(fields: readonly (readonly [string, string | null])[]): string {
  const shown = fields.filter(([, value]) => value !== null);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value ?? ''}`).join('\n');
}

/** An argument, quoted for a shell if necessary. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
