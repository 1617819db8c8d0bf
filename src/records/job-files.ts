/**
 * The keys of a job's files in the store. Every key is made here and nowhere else.
 *
 * ```
 * jobs/<id>/
 *   job.json                     what the id stands for: hashes of input and params, betas, apiVersion, account
 *   requests.jsonl  params.json  the input, as the client put it there
 *   ids.jsonl                    the custom_id of each request, a JSON string a line
 *   plan.json                    site, options, totals: written when round 1 is whole
 *   rounds/<n>.json              sources and chunks of a retry round: written when the round is whole
 *   rounds/<n>.sources.json      its sources: written before anything of it, so that all who make it make the same
 *   chunks/<round>-<chunk>/
 *     chunk.json                 how many requests, references to the next two
 *     body.json  members.jsonl   the bytes to POST; position and attempt of each request
 *     intents/<name>.json        one attempt to submit; <name>.end.json tells how it ended, when that is known
 *                                <name>.cut.json tells when its socket was closed without an answer
 *     candidates/<batch id>.json a batch that may be what such an attempt made, and what its results said
 *     duplicates/<batch id>.json a second batch of the chunk, proven ours: what it costs
 *     batch.json                 the batch that the API made of it
 *     cancel.json                written before the API is asked to cancel it: its canceled requests are then ours
 *     outcomes.jsonl             one line per request, in input order: position, attempt, outcome, result
 *     retry.jsonl                position and attempt of each request for a later round
 *     collected.json             the counts: written when the chunk is whole
 *   results.jsonl  failures.jsonl  report.json
 * batches/<batch id>.json        which chunk of which job owns a batch
 * ```
 *
 * @module
 */
import { chunkLabel, type ChunkName } from '../contract/names';

/** One chunk of one job. */
export interface ChunkOfJob extends ChunkName {
  readonly jobId: string;
}

export function jobFolder(jobId: string): string {
  return `jobs/${jobId}`;
}

/** Keys of a job's own files. */
export function jobFiles(jobId: string) {
  const folder = jobFolder(jobId);
  return {
    folder,
    job: `${folder}/job.json`,
    requests: `${folder}/requests.jsonl`,
    params: `${folder}/params.json`,
    ids: `${folder}/ids.jsonl`,
    plan: `${folder}/plan.json`,
    rounds: `${folder}/rounds`,
    round: (round: number) => `${folder}/rounds/${round}.json`,
    roundSources: (round: number) => `${folder}/rounds/${round}.sources.json`,
    chunks: `${folder}/chunks`,
  } as const;
}

/** Keys of one chunk's files. */
export function chunkFiles(jobId: string, name: ChunkName) {
  const folder = `${jobFolder(jobId)}/chunks/${chunkLabel(name)}`;
  return {
    folder,
    chunk: `${folder}/chunk.json`,
    body: `${folder}/body.json`,
    members: `${folder}/members.jsonl`,
    intents: `${folder}/intents`,
    intent: (intent: string) => `${folder}/intents/${intent}.json`,
    intentEnd: (intent: string) => `${folder}/intents/${intent}.end.json`,
    intentCut: (intent: string) => `${folder}/intents/${intent}.cut.json`,
    candidates: `${folder}/candidates`,
    candidate: (batchId: string) => `${folder}/candidates/${batchId}.json`,
    duplicates: `${folder}/duplicates`,
    duplicate: (batchId: string) => `${folder}/duplicates/${batchId}.json`,
    batch: `${folder}/batch.json`,
    cancel: `${folder}/cancel.json`,
    outcomes: `${folder}/outcomes.jsonl`,
    retry: `${folder}/retry.jsonl`,
    collected: `${folder}/collected.json`,
  } as const;
}

/** Keys of the three files below a folder of the store. */
export function outputFiles(folder: string) {
  return {
    results: `${folder}/results.jsonl`,
    failures: `${folder}/failures.jsonl`,
    report: `${folder}/report.json`,
  } as const;
}

/** Which chunk of which job owns a batch: outside of the jobs, for all of them to see. */
export function batchOwnerFile(batchId: string): string {
  return `batches/${batchId}.json`;
}
