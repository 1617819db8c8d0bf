/**
 * What an ended job no longer needs.
 *
 * @module
 */
import { chunkLabel, type ChunkName } from '../../src/contract/names';
import { jobFiles, runOf } from '../../src/records/job-files';

/** What a report covers. */
export interface Covered {
  readonly jobId: string;
  readonly batches: readonly ChunkName[];
  readonly results: { readonly uri: string };
  readonly failures: { readonly uri: string };
}

/** Files of a chunk that are not needed after the report is written. */
const CHUNK_LEFTOVERS = /^(body\.json|members\.jsonl|.+\.(outcomes|retry)\.jsonl)$/;

/**
 * Decides which objects of a job its report has made superfluous: bodies, members, outcomes, ids, the job's copy of the
 * input, and results that the report does not name.
 *
 * A chunk that may be paid for outside the report, because another execution submitted it meanwhile, keeps everything;
 * then the ids and the input are kept too, since its results can only be handed out with them.
 *
 * @param keys - All keys below the job's folder.
 * @returns Some of the keys, in their order.
 */
export function leftovers(keys: readonly string[], covered: Covered): string[] {
  const files = jobFiles(covered.jobId);
  const kept = uncoveredChunks(keys, covered);
  const inputs: readonly string[] = [files.ids, files.requests, files.params];
  const run = runOf(covered.results.uri);
  return keys.filter((key) => {
    if (inputs.includes(key)) return kept.size === 0;
    const chunk = chunkFileOf(files.chunks, key);
    if (chunk !== null) return CHUNK_LEFTOVERS.test(chunk.name) && !kept.has(chunk.label);
    const own = runOf(key);
    return own !== null && own !== run;
  });
}

/** Labels of the chunks that have a batch, or an attempt without a known end, and are not in the report. */
function uncoveredChunks(
  keys: readonly string[],
  { jobId, batches }: Pick<Covered, 'jobId' | 'batches'>
): Set<string> {
  const reported = new Set(batches.map(chunkLabel));
  const all = new Set(keys);
  const folder = jobFiles(jobId).chunks;
  const uncovered = new Set<string>();
  for (const key of keys) {
    const chunk = chunkFileOf(folder, key);
    if (chunk === null || reported.has(chunk.label)) continue;
    const isOpen =
      /^intents\/[^.]+\.json$/.test(chunk.name) && !all.has(key.replace(/\.json$/, '.end.json'));
    if (isOpen || chunk.name === 'batch.json') uncovered.add(chunk.label);
  }
  return uncovered;
}

function chunkFileOf(
  folder: string,
  key: string
): { readonly label: string; readonly name: string } | null {
  if (!key.startsWith(`${folder}/`)) return null;
  const [label = '', ...rest] = key.slice(folder.length + 1).split('/');
  return { label, name: rest.join('/') };
}
