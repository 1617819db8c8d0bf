/**
 * The keys of a job's files in the store. Every key is made here and nowhere else.
 *
 * ```
 * jobs/<id>/
 *   job.json                     identity of the job: hashes of input and params, betas, apiVersion, account
 *   requests.jsonl  params.json  the input as JSON Lines, as the client or `plan` put it there
 *   ids.jsonl                    the custom_id of each request, a JSON string a line
 *   plan.json                    binding, options, totals: written when round 1 is complete
 *   rounds/<n>.json              sources and chunks of a retry round: written when the round is complete
 *   rounds/<n>.sources.json      its sources: written first, so that two executions that plan it plan the same round
 *   chunks/<round>-<chunk>/
 *     chunk.json                 how many requests, references to the next two
 *     body.json  members.jsonl   the bytes to POST; position and attempt of each request
 *     intents/<name>.json        one attempt to submit; <name>.end.json: how it ended, once that is known;
 *                                <name>.cut.json: when its socket was closed without an answer;
 *                                <name>.listed.json: batches that are listed from now on are not its own
 *     candidates/<batch id>.json a batch that such an attempt may have created, and what its results proved
 *     duplicates/<batch id>.json a second batch of the chunk, proven ours: its cost
 *     batch.json                 the chunk's batch
 *     cancel.json                written before the API is asked to cancel the batch: its canceled requests are then ours
 *     <run>.outcomes.jsonl       one line per request, in input order: position, attempt, outcome, result
 *     <run>.retry.jsonl          position and attempt of each request for a later round
 *     collected.json             the counts, and which run's files count: written once, when both are complete
 *   <run>.results.jsonl  <run>.failures.jsonl  report.json    the report names the two that count; in an `output` of the
 *                              user's, these are results.jsonl and failures.jsonl
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
    intentListed: (intent: string) => `${folder}/intents/${intent}.listed.json`,
    candidates: `${folder}/candidates`,
    candidate: (batchId: string) => `${folder}/candidates/${batchId}.json`,
    duplicates: `${folder}/duplicates`,
    duplicate: (batchId: string) => `${folder}/duplicates/${batchId}.json`,
    batch: `${folder}/batch.json`,
    cancel: `${folder}/cancel.json`,
    /** Each run of a collection writes files of its own; the record names those that count. */
    outcomes: (run: string) => `${folder}/${run}.outcomes.jsonl`,
    retry: (run: string) => `${folder}/${run}.retry.jsonl`,
    collected: `${folder}/collected.json`,
  } as const;
}

/** Keys of the three files below a folder of the store that a user named. */
export function outputFiles(folder: string) {
  return {
    results: `${folder}/results.jsonl`,
    failures: `${folder}/failures.jsonl`,
    report: `${folder}/report.json`,
  } as const;
}

/** Keys of the two files that one run of finish writes into the job's own folder. */
export function runFiles(jobId: string, run: string) {
  return {
    results: `${jobFolder(jobId)}/${run}.results.jsonl`,
    failures: `${jobFolder(jobId)}/${run}.failures.jsonl`,
  } as const;
}

/** Finds the run of {@link runFiles} in a key or URI; null when it is of no run. */
export function runOf(keyOrUri: string): string | null {
  return /\/([0-9a-f]{16})\.(?:results|failures)\.jsonl$/.exec(keyOrUri)?.[1] ?? null;
}

/** Key of the record which chunk of which job owns a batch: outside the job folders, for all jobs to read. */
export function batchOwnerFile(batchId: string): string {
  return `batches/${batchId}.json`;
}
