/**
 * What became of a POST whose answer was lost: found out before anything is paid again.
 *
 * By default the engine searches by itself, for as long as it takes, and accepts a person's answer at any time. If the
 * batch can no longer be identified, or the job has `lostAnswer: "ask"`, a person must answer.
 */
import { chunkLabel } from '../../src/contract/names';
import type { Reconciliation, ResolveInput, Submission } from '../../src/contract/activities';
import { nextCheckDelayMs } from '../../src/core/wait/check-schedule';
import { durationText } from '../../src/core/view/details';
import { findMessageBatchFailure } from '../../src/contract/failures';
import { long, short } from '../common/calls';
import type { Chunk } from './chunk-state';
import { rest } from '../common/control';
import { overcome, persist } from '../common/recovery';

type Unknown = Extract<Submission, { state: 'unknown' }>;
type Known = Exclude<Submission, { state: 'unknown' }>;

/** Finds the end of a submission. A cancellation that comes meanwhile waits for the truth too. */
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
  let { resumes } = control;
  for (let number = 1; ; number++) {
    const found = await persist(chunk, () =>
      long(`look ${number} for the batch of chunk ${label}`).messageBatchReconcile(input)
    );
    if (found.state === 'lost') {
      const lost = `${found.batchIds.join(', ')} may have been it and can't be read any more. `;
      return askPerson(chunk, unknown, lost);
    }
    if (found.state !== 'searching') return found;
    const delayMs = found.delayMs ?? nextCheckDelayMs(Date.now() - sinceMs, input.options);
    await tell(chunk, unknown, found);
    await rest(control, Math.max(delayMs, input.options.checkMinMs), {
      summary: `look ${number + 1} for the batch of chunk ${label} in ${durationText(delayMs)}`,
    });
    if (control.resumes !== resumes && control.resumed.submission !== undefined) {
      const said = await takeWord(chunk, control.resumed.submission);
      if (typeof said !== 'string') return said;
    }
    resumes = control.resumes;
  }
}

/** Says, once for each change, that this is going on and why. */
async function tell(
  chunk: Chunk,
  { since, requests }: Unknown,
  found: Extract<Reconciliation, { state: 'searching' }>
): Promise<void> {
  const what =
    found.batchIds.length === 0
      ? 'no batch like it is at the API so far'
      : `the results of ${found.batchIds.join(', ')} will tell, once it has ended`;
  const note = `The answer to its submission (${requests} requests, ${since}) was lost. Looking for its batch: ${what}.`;
  if (chunk.state.note !== note) await chunk.change({ phase: 'reconciling', note });
}

/** Pauses until a person says what became of the submission, and the answer agrees with the records. */
async function askPerson(chunk: Chunk, unknown: Unknown, why: string): Promise<Known> {
  const { control, input } = chunk;
  const question =
    `The answer to the submission of chunk ${chunkLabel(input)} (${unknown.requests} requests, after ${unknown.since}) ` +
    'was lost: a paid batch may exist. Look at the batches in the Console, then resume with ' +
    '{"submission": "absent"} or {"submission": "msgbatch_…"}.';
  for (let refusal = why; ;) {
    const { resumes } = control;
    await chunk.setPause({ kind: 'submission', reason: refusal + question });
    while (control.resumes === resumes) await rest(control, null);
    const { submission } = control.resumed;
    if (submission === undefined) continue;
    await chunk.setPause(null);
    const said = await takeWord(chunk, submission);
    if (typeof said !== 'string') return said;
    refusal = `${said} `;
  }
}

/** @returns why the word does not fit the facts, as a sentence, when it does not. */
async function takeWord(chunk: Chunk, submission: string): Promise<Known | string> {
  const input: ResolveInput = { ...chunk.input, submission };
  const summary = `a person says: chunk ${chunkLabel(input)} is ${submission.slice(0, 80)}`;
  for (let failures = 1; ; failures++) {
    try {
      const resolved = await short(summary).messageBatchResolve(input);
      if (resolved.state !== 'unknown') return resolved;
      return 'That does not settle it.';
    } catch (error) {
      const refused = findMessageBatchFailure(error, 'MessageBatch.Refused');
      if (refused !== null) return refused.message;
      await overcome(chunk, error, failures);
    }
  }
}
