/**
 * Reads the documentation: its sections, tables and code.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../..');

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The text below a heading, up to the next one of its level or above; empty where there is no such heading. */
export function section(document: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0] ?? '#';
  const start = document.indexOf(`\n${heading}\n`);
  if (start < 0) return '';
  const rest = document.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The cells of each row of the first table in a text, without its head. */
export function table(text: string): string[][] {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  if (first < 0) return [];
  const after = lines.slice(first);
  const end = after.findIndex((line) => !line.startsWith('|'));
  return after.slice(2, end < 0 ? undefined : end).map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
  );
}

/** The texts in backticks. */
export function code(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, inner = '']) => inner);
}

/** The content of every fenced block, with its language. */
export function blocks(text: string): { readonly language: string; readonly code: string }[] {
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language = '', inner = '']) => ({
    language,
    code: inner,
  }));
}

/** Quotes from files: a block that is preceded by the path of its source in backticks. */
export function quotes(text: string): { readonly path: string; readonly code: string }[] {
  return [...text.matchAll(/^`([\w./-]+)`\n```\w+\n([^]*?)^```$/gm)].map(
    ([, path = '', inner = '']) => ({ path, code: inner })
  );
}

/** The anchor of a heading, as GitHub makes it. */
export function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
