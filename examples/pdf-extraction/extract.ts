/** Extracts fields from hundreds of PDFs. Chunks close at 251 MB or 100,000 requests, whichever comes first. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BatchRequest, MessageBatches, MessageParams } from 'temporal-message-batches';
import { textOf } from '../answer';
import { withBatches } from '../connect';
import { tinyPdf } from './tiny-pdf';

export interface Pdf {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Invoice {
  readonly number: string;
  readonly total: number;
}

export interface Extracted {
  readonly invoices: ReadonlyMap<string, Invoice>;
  /** Names of the PDFs that gave no invoice, with the reason. */
  readonly failed: ReadonlyMap<string, string>;
}

const INVOICE_SCHEMA = {
  type: 'object',
  properties: { number: { type: 'string' }, total: { type: 'number' } },
  required: ['number', 'total'],
  additionalProperties: false,
};

export async function extractInvoices(
  batches: MessageBatches,
  pdfs: Iterable<Pdf> | AsyncIterable<Pdf>,
  jobId: string
): Promise<Extracted> {
  const params: MessageParams = {
    model: 'claude-sonnet-5-5',
    max_tokens: 1024,
    output_config: { format: { type: 'json_schema', schema: INVOICE_SCHEMA } },
  };
  const job = await batches.start(toRequests(pdfs), { jobId, params });
  const invoices = new Map<string, Invoice>();
  const failed = new Map<string, string>();
  for await (const result of job.results()) {
    const { stop_reason: stopReason } = result.result.message;
    const invoice = stopReason === 'end_turn' ? toInvoice(textOf(result)) : undefined;
    if (invoice === undefined) failed.set(result.custom_id, String(stopReason));
    else invoices.set(result.custom_id, invoice);
  }
  for await (const { custom_id: name, result } of job.failures()) {
    // A damaged file is the API's `invalid_request_error`: given up after one attempt.
    failed.set(name, result.type === 'errored' ? result.error.error.type : result.type);
  }
  return { invoices, failed };
}

/** The schema holds for complete answers of the model; a simulator does not know it. */
function toInvoice(text: string): Invoice | undefined {
  try {
    return JSON.parse(text) as Invoice;
  } catch {
    return undefined;
  }
}

/** One PDF at a time; base64 makes each a third larger. */
async function* toRequests(pdfs: Iterable<Pdf> | AsyncIterable<Pdf>): AsyncGenerator<BatchRequest> {
  for await (const { name, bytes } of pdfs) {
    const data = bytes.toString('base64');
    const params: MessageParams = {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } },
            { type: 'text', text: 'Extract number and total of this invoice.' },
          ],
        },
      ],
    };
    yield { custom_id: name, params };
  }
}

/** `node extract.js a.pdf b.pdf …`; without any file, two PDFs of its own making. */
async function* fromCommandLine(): AsyncGenerator<Pdf> {
  const paths = process.argv.slice(2);
  for (const path of paths) yield { name: basename(path), bytes: await readFile(path) };
  for (const number of paths.length > 0 ? [] : ['A-1', 'A-2']) {
    yield { name: `${number}.pdf`, bytes: tinyPdf(`Invoice ${number}, total 12.50 EUR`) };
  }
}

if (require.main === module) {
  void withBatches(async (batches) => {
    console.log(await extractInvoices(batches, fromCommandLine(), 'pdf-example'));
  });
}
