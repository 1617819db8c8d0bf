/** Activities of your own: from a database into the store, and back. */
import { createInterface } from 'node:readline';
import { openStore, type JobResult } from 'temporal-message-batches';
import { textOf } from '../answer';

export interface Ticket {
  readonly id: string;
  readonly text: string;
}

/** Stands for your database. */
export interface TicketTable {
  ticketsOf(day: string): AsyncIterable<Ticket> | Iterable<Ticket>;
  setLabel(id: string, label: string): Promise<void>;
}

export interface Activities {
  exportTickets(day: string): Promise<{ uri: string }>;
  importLabels(resultsUri: string): Promise<number>;
}

/** @param storeUri - The store that the engine's Workers use: a folder, or its URI. */
export function createActivities(table: TicketTable, storeUri: string): Activities {
  return {
    async exportTickets(day) {
      const store = await openStore(storeUri);
      // Written under a temporary name and moved to its place: a retry of this Activity changes nothing.
      const { uri } = await store.write(`tickets/${day}.jsonl`, toLines(table.ticketsOf(day)));
      return { uri };
    },

    async importLabels(resultsUri) {
      const store = await openStore(storeUri);
      let imported = 0;
      for await (const line of createInterface(store.read(await store.keyOf(resultsUri)))) {
        const result = JSON.parse(line) as JobResult;
        await table.setLabel(result.custom_id, textOf(result));
        imported += 1;
      }
      return imported;
    },
  };
}

async function* toLines(tickets: AsyncIterable<Ticket> | Iterable<Ticket>): AsyncGenerator<Buffer> {
  for await (const { id, text } of tickets) {
    const messages = [{ role: 'user', content: `Sort into one word: ${text}` }];
    const params = { model: 'claude-haiku-4-5', max_tokens: 64, messages };
    yield Buffer.from(`${JSON.stringify({ custom_id: id, params })}\n`);
  }
}
