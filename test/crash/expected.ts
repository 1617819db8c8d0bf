/** What must hold after any crash: bytes, and the simulator's ledger. */
import type { Simulator } from '../../src/simulator';
import { parseWireId } from '../../src/core/plan/wire-id';
import { question } from '../helpers/engine';

/** Whether everything is tried, by `npm run test:all`; else a choice of it, in a minute. */
export const LONG = Boolean(process.env['CRASH_SEEDS'] ?? process.env['CRASH_SEED']);

/** All cases in the long version, in the short one those that are marked. */
export function chosen<T extends { readonly short?: boolean }>(cases: readonly T[]): readonly T[] {
  return LONG ? cases : cases.filter(({ short }) => short);
}

/** Runs work, so much of it at a time: what jobs do is wait, but each of their Workers is a process. */
export function createCrowd(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let places = atOnce;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (places > 0) places -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else places += 1;
    }
  };
}

/** For a test whose work waits for others' in a crowd. */
export const CROWD_MS_MAX = 600_000;

/** The ids in a job's `results.jsonl`, in its order. */
export function succeededIds(results: string): string[] {
  return results
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
}

/** The ids of the requests of {@link inputOf}. */
export function idsOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name} #${index}`);
}

/** Requests of one job, as JSON Lines; their texts are the job's own, so that no two jobs share a request. */
export function inputOf(name: string, count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const request = { custom_id: `${name} #${index}`, params: question(`${name} ${index}`) };
    return `${JSON.stringify(request)}\n`;
  }).join('');
}

/** How often each chunk that the API has accepted was accepted: `<tag>_<round>_<chunk>` to a number. */
function acceptedByChunk({ ledger }: Simulator): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { requests } of ledger.batches) {
    const id = parseWireId(requests[0]?.customId ?? '');
    if (id === null) continue;
    const chunk = `${id.jobTag}_${id.round}_${id.chunk}`;
    counts[chunk] = (counts[chunk] ?? 0) + 1;
  }
  return counts;
}

/** Everything that was paid for more than once: chunks that were accepted, requests that were answered. */
export async function doublePayments(simulator: Simulator): Promise<string[]> {
  return [...paidTwice(simulator), ...(await executedTwice(simulator))];
}

/** Chunks that were accepted more than once: paid twice. */
function paidTwice(simulator: Simulator): string[] {
  return Object.entries(acceptedByChunk(simulator))
    .filter(([, count]) => count !== 1)
    .map(([chunk, count]) => `${chunk}: ${count} times`);
}

/** Requests that the model answered more than once. A request that succeeded goes into no further round. */
async function executedTwice({ ledger }: Simulator): Promise<string[]> {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const { key } of await ledger.executions()) {
    if (seen.has(key)) twice.push(key);
    seen.add(key);
  }
  return twice;
}
