/** Translates a backlog of long documents, with answers of up to 300,000 tokens. */
import type { BatchRequest, MessageBatches, Report } from 'temporal-message-batches';
import { textOf } from '../answer';
import { withBatches } from '../connect';

export interface Document {
  readonly path: string;
  readonly text: string;
}

export interface Translated {
  readonly report: Report;
  /** Documents without a whole translation: failed for good, cut by `max_tokens`, or refused. */
  readonly incomplete: readonly string[];
}

const GLOSSARY = 'order: Bestellung. parcel: Paket. refund: Rückerstattung. voucher: Gutschein.';

/** Answers as long as this exist in batches only, and with this beta. */
const LONG_OUTPUT = { betas: ['output-300k-2026-03-24'], maxTokens: 300_000 };

/**
 * Translates documents into German.
 *
 * @param save - Called with each whole translation, one after the other.
 */
export async function translate(
  batches: MessageBatches,
  documents: Iterable<Document> | AsyncIterable<Document>,
  { jobId, save }: { jobId: string; save: (path: string, text: string) => Promise<void> }
): Promise<Translated> {
  const job = await batches.start(toRequests(documents), {
    jobId,
    betas: LONG_OUTPUT.betas,
    params: {
      model: 'claude-sonnet-5-5',
      max_tokens: LONG_OUTPUT.maxTokens,
      system: [
        {
          type: 'text',
          text: `Translate what the user sends into German. Keep Markdown as it is. Glossary: ${GLOSSARY}`,
          cache_control: { type: 'ephemeral', ttl: '1h' },
        },
      ],
    },
  });
  const incomplete: string[] = [];
  for await (const result of job.results()) {
    if (result.result.message.stop_reason === 'end_turn')
      await save(result.custom_id, textOf(result));
    else incomplete.push(result.custom_id);
  }
  for await (const { custom_id: path } of job.failures()) incomplete.push(path);
  return { report: await job.report(), incomplete };
}

/** One document at a time: the whole backlog is never in memory. A path is a good `custom_id`; any string is. */
async function* toRequests(
  documents: Iterable<Document> | AsyncIterable<Document>
): AsyncGenerator<BatchRequest> {
  for await (const { path, text } of documents) {
    yield { custom_id: path, params: { messages: [{ role: 'user', content: text }] } };
  }
}

if (require.main === module) {
  const documents = [{ path: 'docs/returns.md', text: '# Returns\n\nA refund takes three days.' }];
  const save = (path: string, text: string): Promise<void> => {
    console.log(`--- ${path}\n${text}`);
    return Promise.resolve();
  };
  void withBatches(async (batches) => {
    const { report, incomplete } = await translate(batches, documents, {
      jobId: 'translation-example',
      save,
    });
    console.log(`$${report.cost_usd ?? 'unknown'}, incomplete: ${incomplete.length}`);
  });
}
