/** Runs an evaluation set on several models at once, one job each, and compares accuracy and cost. */
import type { BatchRequest, MessageBatches } from 'temporal-message-batches';
import { textOf } from '../answer';
import { withBatches } from '../connect';

export interface EvalCase {
  readonly id: string;
  readonly question: string;
  readonly expected: string;
}

export interface Score {
  readonly model: string;
  readonly correct: number;
  readonly wrong: number;
  /** Cases without an answer. They count as neither: an API's bad day is no model's fault. */
  readonly unanswered: number;
  /** US dollars as a decimal string. */
  readonly costUsd: string | null;
}

const SYSTEM = 'Answer with the result alone: no sentence, no unit.';

/** @param evalId - Stands for this set in the jobs' ids: the same one again returns the same scores and pays nothing. */
export async function evaluate(
  batches: MessageBatches,
  cases: readonly EvalCase[],
  { evalId, models }: { evalId: string; models: readonly string[] }
): Promise<Score[]> {
  return Promise.all(models.map((model) => evaluateModel(batches, cases, { evalId, model })));
}

async function evaluateModel(
  batches: MessageBatches,
  cases: readonly EvalCase[],
  { evalId, model }: { evalId: string; model: string }
): Promise<Score> {
  const expected = new Map(cases.map((evalCase) => [evalCase.id, evalCase.expected]));
  const requests = cases.map(({ id, question }): BatchRequest => ({
    custom_id: id,
    params: { messages: [{ role: 'user', content: question }] },
  }));
  const job = await batches.start(requests, {
    jobId: `${evalId}:${model}`,
    params: { model, max_tokens: 64, system: SYSTEM },
  });
  let correct = 0;
  for await (const result of job.results()) {
    if (textOf(result).trim() === expected.get(result.custom_id)) correct += 1;
  }
  const { requests: total, succeeded, cost_usd: costUsd } = await job.report();
  const wrong = succeeded - correct;
  return { model, correct, wrong, unanswered: total - succeeded, costUsd };
}

if (require.main === module) {
  const cases = Array.from({ length: 50 }, (_, index) => ({
    id: `sum-${index}`,
    question: `What is ${index * 17} + ${index * 23}?`,
    expected: String(index * 40),
  }));
  const models = ['claude-haiku-4-5', 'claude-sonnet-5-5'];
  void withBatches(async (batches) => {
    console.table(await evaluate(batches, cases, { evalId: 'sums-2026-11', models }));
  });
}
