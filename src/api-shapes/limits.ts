/**
 * Limits of the Message Batches API.
 *
 * Unless a limit names another source: https://platform.claude.com/docs/en/build-with-claude/batch-processing, read
 * 2026-11-22.
 *
 * @module
 */

/** Requests in one batch. */
export const BATCH_REQUESTS_MAX = 100_000;
/** Bytes of one `create` body. Assumed: "256 MB" is decimal, the stricter reading. */
export const BATCH_BYTES_MAX = 256_000_000;
/** Milliseconds from a batch's creation to its `expires_at`: 24 hours exactly. */
export const BATCH_EXPIRY_MS = 24 * 3_600_000;
/** Milliseconds from a batch's creation (not its end) until its results can no longer be downloaded: 29 days. */
export const BATCH_ARCHIVE_MS = 29 * 24 * 3_600_000;
/** Batches on one page of a list. Source: `BatchListParams` of `@anthropic-ai/sdk` 1.12.0. */
export const PAGE_LIMIT_MAX = 1_000;
export const PAGE_LIMIT_DEFAULT = 20;
/** Seconds in the `retry-after` of a 200 retrieve while the batch is in progress. Undocumented; observed in January 2025. */
export const RETRIEVE_RETRY_AFTER_SECONDS = 10;
/** Bytes of a body other than that of a batch: 32 MB. Source: https://platform.claude.com/docs/en/api/errors, read 2026-11-22. */
export const BODY_BYTES_MAX = 32_000_000;
/** `anthropic-ratelimit-requests-limit` where no limit is set. Observed in September 2026. */
export const REQUESTS_PER_MINUTE_SHOWN = 20_000;
