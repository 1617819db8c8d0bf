/**
 * Recorded histories: where they lie, and how they are made fit to be kept.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { temporal } from '@temporalio/proto';

/** One folder for each landed state: what landed last must replay on what lands next. */
export const RECORDED = join(__dirname, 'recorded');

export interface RecordedHistory {
  readonly workflowId: string;
  /** `plain.job`, `retries.round-2`, … */
  readonly name: string;
  readonly history: unknown;
}

export async function readHistories(): Promise<RecordedHistory[]> {
  const files = (await readdir(RECORDED)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => {
      const history: unknown = JSON.parse(await readFile(join(RECORDED, file), 'utf8'));
      const name = file.slice(0, -'.json'.length);
      return { name, workflowId: name, history };
    })
  );
}

/** @param folder - Of the store on the machine that recorded: it is not kept. */
export async function writeHistory(
  name: string,
  history: temporal.api.history.v1.IHistory,
  folder: string
): Promise<void> {
  const kept = withoutPlaces(JSON.parse(historyToJSON(history)), folder);
  await writeFile(join(RECORDED, `${name}.json`), `${JSON.stringify(kept, null, 1)}\n`);
}

/** Payloads are base64; identities and stack traces name the machine. */
function withoutPlaces(value: unknown, folder: string, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutPlaces(item, folder, key));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, withoutPlaces(member, folder, name)])
    );
  }
  if (typeof value !== 'string') return value;
  if (key === 'identity') return 'worker';
  if (key === 'stackTrace') return '';
  if (key !== 'data') return value;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.includes(folder)
    ? Buffer.from(text.replaceAll(folder, '/data')).toString('base64')
    : value;
}
