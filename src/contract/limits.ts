/**
 * Every limit of the API and of Temporal that this package relies on: value, unit, source, date read.
 *
 * @module
 */

/** Requests in one batch. https://platform.claude.com/docs/en/build-with-claude/batch-processing, read 2026-11-22. */
export const BATCH_REQUESTS_MAX = 100_000;

/** Bytes in one create call. Same page: 256 MB, taken in the smaller of its two meanings. */
export const BATCH_BYTES_MAX = 256_000_000;

/** Largest chunk: 2 % below the limit, so that headers and the way the API counts never matter. */
export const CHUNK_BYTES_MAX = 0.98 * BATCH_BYTES_MAX;

/** A `custom_id` on the wire, `^[a-zA-Z0-9_-]{1,64}$`. Same page, and as validated by the API. */
export const WIRE_ID_LENGTH_MAX = 64;

/** A batch expires this long after its creation, exactly. */
export const BATCH_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** The API keeps results this long after the batch's creation. https://platform.claude.com/docs/en/build-with-claude/batch-processing, read 2026-11-22. */
export const RESULTS_LIFETIME_MS = 29 * 24 * 60 * 60 * 1000;

/** Results that the API will remove within this time are collected before everything else. */
export const RESULTS_URGENT_MS = 3 * 24 * 60 * 60 * 1000;

/** Page size of the list call; the API allows 1 to 1,000. */
export const LIST_PAGE_SIZE_MAX = 1000;

/** Chunks that one round keeps at the API at a time. A tier's queue holds 200,000 to 500,000 requests. */
export const CHUNK_WINDOW = 10;

/** Longest line of an input or of a results file that is read. One request may contain large documents. */
export const LINE_BYTES_MAX = 256_000_000;

/**
 * Levels of nesting in one create call, counted from the body's own braces.
 *
 * Not documented. The API's refusals ("no low surrogate in string: line 1 column 3 (char 2)") have the texts of the
 * parser orjson, which takes 1,024 levels and refuses 1,025; measured with its version 3.13.0 on 2026-11-25.
 */
export const JSON_DEPTH_MAX = 1024;

/** Bad lines that an error lists. */
export const BAD_LINES_LISTED_MAX = 20;

/** Length of a job's id, which is a Workflow Id and a folder's name. */
export const JOB_ID_LENGTH_MAX = 200;

/**
 * How often incomplete results are read before they are accepted, and requests without a result are `missing`.
 *
 * Why: docs/decisions/005-six-readings.md
 */
export const COLLECT_READS_MAX = 6;

/** Attempts of an Activity before its Workflow decides: also how many wrong Workers may refuse it. */
export const ACTIVITY_ATTEMPTS_MAX = 5;

/** How long after its `expires_at` a batch may still be running before the job pauses for a person. */
export const EXPIRY_GRACE_MS = 2 * 60 * 60 * 1000;

const SUBMIT_TIMEOUT_MS_BASE = 30_000;
const SUBMIT_TIMEOUT_MS_PER_MB = 1_000;
const BYTES_PER_MB = 1_000_000;

/** Time limit of one create call without the option `submitTimeout`: 250 MB take a minute on a line of 33 Mbit/s. */
export function submitTimeoutMsDefault(bytes: number): number {
  return SUBMIT_TIMEOUT_MS_BASE + Math.ceil(bytes / BYTES_PER_MB) * SUBMIT_TIMEOUT_MS_PER_MB;
}
