/** Classifies support tickets; the API itself holds every answer to a schema. */
import type { BatchRequest, MessageBatches, MessageParams } from 'temporal-message-batches';
import { textOf } from '../answer';
import { withBatches } from '../connect';

export interface Ticket {
  readonly id: string;
  readonly text: string;
}

export const LABELS = ['billing', 'delivery', 'account', 'other'] as const;
export type Label = (typeof LABELS)[number];

export interface Classified {
  readonly labels: ReadonlyMap<string, Label>;
  /** Tickets without a label, for a person: they failed for good, or the answer was cut. */
  readonly open: readonly string[];
}

/** What all requests have in common: the job lays it under each of them. */
const DEFAULTS: MessageParams = {
  model: 'claude-haiku-4-5',
  max_tokens: 256,
  system: 'You sort the support tickets of a web shop.',
  output_config: {
    format: {
      type: 'json_schema',
      schema: {
        type: 'object',
        properties: { label: { type: 'string', enum: LABELS } },
        required: ['label'],
        additionalProperties: false,
      },
    },
  },
};

export async function classify(
  batches: MessageBatches,
  tickets: Iterable<Ticket>,
  jobId: string
): Promise<Classified> {
  const job = await batches.start(toRequests(tickets), { jobId, params: DEFAULTS });
  const labels = new Map<string, Label>();
  const open: string[] = [];
  for await (const result of job.results()) {
    const label = toLabel(textOf(result));
    if (label === undefined) open.push(result.custom_id);
    else labels.set(result.custom_id, label);
  }
  for await (const { custom_id: id } of job.failures()) open.push(id);
  return { labels, open };
}

function* toRequests(tickets: Iterable<Ticket>): Generator<BatchRequest> {
  for (const { id, text } of tickets) {
    yield { custom_id: id, params: { messages: [{ role: 'user', content: text }] } };
  }
}

/** Half an object when `max_tokens` cut it: no label then. */
function toLabel(text: string): Label | undefined {
  const found = /^\{"label":\s*"(\w+)"\}$/.exec(text.trim())?.[1];
  return LABELS.find((label) => label === found);
}

if (require.main === module) {
  const tickets = [
    { id: 'ticket/1', text: 'I was charged twice for order 1042.' },
    { id: 'ticket/2', text: 'The parcel never came.' },
  ];
  void withBatches(async (batches) => {
    console.log(await classify(batches, tickets, 'classification-example'));
  });
}
