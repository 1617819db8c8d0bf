/**
 * What the Temporal UI shows of a running job: short Markdown, no user data.
 *
 * @module
 */
import { chunkLabel } from '../../contract/names';
import type { ChunkState } from '../../contract/children';
import type { JobProgress } from '../../contract/public';

/** Rows of a job's table: more than this only lengthens the page. */
const BATCHES_SHOWN_MAX = 30;

/** Questions whose answers are shown: the rest is in the Query. */
const QUESTIONS_SHOWN_MAX = 5;

/** Current details of a job: its status in one line, one table row per batch. */
export function jobDetails(progress: JobProgress): string {
  const lines = [
    `**${progress.status}**, ${progress.phase}: ${progress.requests - progress.processing} of ${progress.requests} requests finished.`,
  ];
  if (progress.paused_reason !== null) lines.push('', `Paused: ${progress.paused_reason}`);
  for (const { answers } of progress.questions.slice(0, QUESTIONS_SHOWN_MAX)) {
    for (const { command, effect } of answers) lines.push('', `\`${command}\`: ${effect}`);
  }
  if (progress.next_round_at !== null) lines.push('', `Next round at ${progress.next_round_at}.`);
  if (progress.batches.length > 0) {
    // Narrow: the UI shows it in half of a page.
    lines.push(
      '',
      '| chunk | phase | succeeded | failed | batch |',
      '| --- | --- | --- | --- | --- |'
    );
    for (const batch of progress.batches.slice(-BATCHES_SHOWN_MAX)) {
      const failed = batch.errored + batch.expired + batch.canceled + batch.missing;
      lines.push(
        `| ${chunkLabel(batch)} | ${batch.phase} | ${batch.succeeded} of ${batch.requests} | ${failed} | ${batch.id ?? '–'} |`
      );
    }
    for (const { round, chunk, note } of progress.batches) {
      if (note !== null) lines.push('', `Chunk ${chunkLabel({ round, chunk })}: ${note}`);
    }
    const hidden = progress.batches.length - BATCHES_SHOWN_MAX;
    if (hidden > 0) lines.push('', `The ${hidden} before these are in the Query \`progress\`.`);
  }
  return lines.join('\n');
}

/** Current details of a chunk. */
export function chunkDetails(state: ChunkState): string {
  const lines = [
    `Chunk ${chunkLabel(state)}: **${state.phase}**, ${state.requests} requests, batch ${state.batchId ?? 'not submitted yet'}.`,
  ];
  if (state.pause !== null) lines.push('', `Paused: ${state.pause.reason}`);
  if (state.note !== null) lines.push('', state.note);
  if (state.collected !== null) {
    const { counts, retry } = state.collected;
    lines.push(
      '',
      `Results: ${counts.succeeded} succeeded, ${counts.errored} errored, ${counts.expired} expired, ${counts.canceled} canceled, ${counts.missing} missing. For a later round: ${retry}.`
    );
  }
  return lines.join('\n');
}
