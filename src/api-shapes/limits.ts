/** Requests in one batch. Source: facts of 2026-11-22, batch-processing page. */
export const BATCH_REQUESTS_MAX = 100_000;
/** Bytes of one `create` body. Assumed: "256 MB" is decimal, the stricter reading. */
export const BATCH_BYTES_MAX = 256_000_000;
/** Milliseconds from a batch's creation to its `expires_at`: 24 hours exactly. */
export const BATCH_EXPIRY_MS = 24 * 3_600_000;
/** Milliseconds from a batch's creation (not its end) until its results are gone: 29 days. */
export const BATCH_ARCHIVE_MS = 29 * 24 * 3_600_000;
/** Batches on one page of a list. */
export const PAGE_LIMIT_MAX = 1_000;
export const PAGE_LIMIT_DEFAULT = 20;
/** Seconds of the hint on a 200 retrieve while the batch is in progress. Recorded 2025-01. */
export const RETRIEVE_RETRY_AFTER_SECONDS = 10;
/** Bytes of a body other than that of a batch. Source: errors page, 32 MB for the Messages API. */
export const BODY_BYTES_MAX = 32_000_000;
/** What `anthropic-ratelimit-requests-limit` says where no limit is set; captured 2026-09. */
export const REQUESTS_PER_MINUTE_SHOWN = 20_000;
