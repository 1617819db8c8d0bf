/**
 * Finding out what became of a POST whose answer was lost, before anything is paid again.
 *
 * By default the engine searches for the batch by itself, for as long as it takes. Where proof is no longer possible, or
 * with `lostAnswer: "ask"`, a person must decide.
 */
import { chunkLabel } from '../../src/contract/names';
import type { Reconciliation, ResolveInput, Submission } from '../../src/contract/activities';
import { nextCheckDelayMs } from '../../src/core/wait/check-schedule';
import { durationText } from '../../src/core/view/duration';
import { findMessageBatchFailure } from '../../src/contract/failures';
import { longCall, shortCall } from '../common/calls';
import { askUntilAnswered } from './ask';
import type { Chunk } from './chunk-state';
import { sleepUnlessWoken } from '../common/control';
import { retryUntilAnswered, waitOrFail } from '../common/recovery';

type Unknown = Extract<Submission, { state: 'unknown' }>;
type Known = Exclude<Submission, { state: 'unknown' }>;

/** Finds out how a submission ended. A cancellation that arrives meanwhile waits for that too. */
export async function reconcile(chunk: Chunk, unknown: Unknown): Promise<Known> {
  const known =
    chunk.input.options.lostAnswer === 'ask'
      ? await askPerson(chunk, unknown, '')
      : await search(chunk, unknown);
  await chunk.change({ note: null });
  return known;
}

async function search(chunk: Chunk, unknown: Unknown): Promise<Known> {
  const { control, input } = chunk;
  const label = chunkLabel(input);
  const sinceMs = Date.now();
  for (let number = 1; ; number++) {
    const found = await retryUntilAnswered(chunk, () =>
      longCall(searchText(number, label)).messageBatchReconcile({
        ...input,
        searchedMs: Date.now() - sinceMs,
      })
    );
    if (found.state === 'lost') return askPerson(chunk, unknown, `${found.reason} `);
    if (found.state !== 'searching') return found;
    const delayMs = found.delayMs ?? nextCheckDelayMs(Date.now() - sinceMs, input.options);
    await showSearch(chunk, unknown, found);
    await sleepUnlessWoken(control, Math.max(delayMs, input.options.checkMinMs), {
      summary: `${searchText(number + 1, label)} in ${durationText(delayMs)}`,
    });
  }
}

function searchText(number: number, label: string): string {
  return `search ${number} for the batch of chunk ${label} (answer lost)`;
}

/** Shows, once for each change, that the search goes on and why. */
async function showSearch(
  chunk: Chunk,
  { since, requests }: Unknown,
  found: Extract<Reconciliation, { state: 'searching' }>
): Promise<void> {
  const what =
    found.batchIds.length === 0
      ? 'no batch at the API could be it so far'
      : `the results of ${found.batchIds.join(', ')} will show whether it is the one`;
  const note = `The answer to its submission (${requests} requests, ${since}) was lost. Searching for its batch: ${what}.`;
  if (chunk.state.note !== note) await chunk.change({ phase: 'reconciling', note });
}

/** Pauses until a person decides what became of the submission, without contradicting the records. */
async function askPerson(chunk: Chunk, unknown: Unknown, why: string): Promise<Known> {
  const question =
    `The answer to the submission of chunk ${chunkLabel(chunk.input)} (${unknown.requests} requests, after ${unknown.since}) ` +
    'was lost: a paid batch may exist. Look for it among the batches in the Console, then answer.';
  for (let refusal = why; ;) {
    const { submission } = await askUntilAnswered(chunk, {
      kind: 'submission',
      reason: refusal + question,
    });
    const decided = await applyDecision(chunk, submission ?? '');
    if (typeof decided !== 'string') return decided;
    refusal = `${decided} `;
  }
}

/** @returns a sentence that says why, when the decision contradicts the records or the API. */
async function applyDecision(chunk: Chunk, submission: string): Promise<Known | string> {
  const input: ResolveInput = { ...chunk.input, submission };
  const summary = `decision for chunk ${chunkLabel(input)}: ${submission.slice(0, 80)}`;
  for (let failures = 1; ; failures++) {
    try {
      const resolved = await shortCall(summary).messageBatchResolve(input);
      if (resolved.state !== 'unknown') return resolved;
      return 'That does not say what became of every submission.';
    } catch (error) {
      const refused = findMessageBatchFailure(error, 'MessageBatch.Refused');
      if (refused !== null) return refused.message;
      await waitOrFail(chunk, error, failures);
    }
  }
}
