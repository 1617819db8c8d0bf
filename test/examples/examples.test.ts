/**
 * Goal: every example does what it says. Method: each runs unchanged against the whole engine, on virtual time, while
 * the simulator gives the answers that Claude would.
 */
import { join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { bundleWorkflowCode, Worker, type BundleOptions } from '@temporalio/worker';
import { classify } from '../../examples/classification/classify';
import { createActivities, type TicketTable } from '../../examples/from-your-workflow/activities';
import type { SortTicketsInput } from '../../examples/from-your-workflow/workflows';
import { moderate } from '../../examples/moderation/moderate';
import { extractInvoices } from '../../examples/pdf-extraction/extract';
import { tinyPdf } from '../../examples/pdf-extraction/tiny-pdf';
import { classifyTexts } from '../../examples/start-from-application/start';
import { translate } from '../../examples/translation/translate';
import {
  errored,
  maxTokens,
  refused,
  succeeded,
  type ResultScript,
  type ScriptedRequest,
} from '../../src/simulator';
import { eventually, HOUR_MS, silentLogger, useEngine, type Engine } from '../helpers/engine';

// One for each test: a server that two tests share can be locked up by the first.
const withEngine = useEngine({ isPerTest: true });

/** Everything that the user's messages of a request say. */
function said({ params }: ScriptedRequest): string {
  return JSON.stringify(params['messages']);
}

describe('start-from-application', () => {
  test('reports three classified texts and their cost, and pays once for two starts', async () => {
    await withEngine({}, async ({ batches, jobId, simulator }) => {
      const log = jest.spyOn(console, 'log').mockImplementation();
      const report = await classifyTexts(batches, jobId);
      expect(report).toMatchObject({ requests: 3, succeeded: 3, status: 'completed' });
      expect(Number(report.cost_usd)).toBeGreaterThan(0);
      expect(await classifyTexts(batches, jobId)).toEqual(report);
      expect(simulator.ledger.counts.create).toBe(1);
      expect(log.mock.calls.map(([id]) => id as string)).toEqual(
        [1, 2].flatMap(() => ['text-0', 'text-1', 'text-2'])
      );
      log.mockRestore();
    });
  });
});

describe('classification', () => {
  test('labels tickets by the schema, and leaves to people what failed or was cut', async () => {
    const result: ResultScript = (request) => {
      const text = said(request);
      if (text.includes('twice')) return succeeded('{"label": "billing"}');
      if (text.includes('parcel')) return succeeded('{"label":"delivery"}');
      if (text.includes('poem')) return maxTokens({ text: '{"lab' });
      return errored('invalid_request_error');
    };
    await withEngine({ result }, async ({ batches, jobId }) => {
      const tickets = [
        { id: 'ticket/1', text: 'I was charged twice.' },
        { id: 'ticket/2', text: 'The parcel never came.' },
        { id: 'ticket/3', text: 'Write a poem.' },
        { id: 'ticket/4', text: '?' },
      ];
      const { labels, open } = await classify(batches, tickets, jobId);
      expect([...labels]).toEqual([
        ['ticket/1', 'billing'],
        ['ticket/2', 'delivery'],
      ]);
      expect(open).toEqual(['ticket/3', 'ticket/4']);
    });
  });
});

describe('moderation', () => {
  test('lets a person see refusals, doubts and failures', async () => {
    const result: ResultScript = (request) => {
      const text = said(request);
      if (text.includes('glue')) return succeeded('allowed');
      if (text.includes('watches')) return succeeded('Blocked');
      if (text.includes('odd')) return succeeded('unsure');
      if (text.includes('weapon')) return refused();
      return request.attempt < 5 ? errored('overloaded_error') : succeeded('allowed');
    };
    const texts = ['Which glue?', 'Buy watches', 'An odd one', 'A weapon', 'Unlucky'];
    await withEngine({ result }, async ({ batches, jobId, simulator }) => {
      const decisions: string[] = [];
      const posts = texts.map((text, index) => ({ id: `post-${index}`, text }));
      for await (const { decision } of moderate(batches, posts, jobId)) decisions.push(decision);
      expect(decisions).toEqual(['allowed', 'blocked', 'review', 'review', 'allowed']);
      expect(simulator.ledger.counts.create).toBe(5);
    });
  });
});

describe('translation', () => {
  test('saves whole translations, names cut ones, and asks for answers of 300,000 tokens', async () => {
    const result: ResultScript = (request) =>
      said(request).includes('epic') ? maxTokens({ text: 'Es war' }) : succeeded('# Rückgabe');
    await withEngine({ result }, async ({ batches, jobId, simulator }) => {
      const saved = new Map<string, string>();
      const documents = [
        { path: 'docs/returns.md', text: '# Returns' },
        { path: 'docs/epic.md', text: 'An epic without end' },
      ];
      const { report, incomplete } = await translate(batches, documents, {
        jobId,
        save: (path, text) => {
          saved.set(path, text);
          return Promise.resolve();
        },
      });
      expect([...saved]).toEqual([['docs/returns.md', '# Rückgabe']]);
      expect(incomplete).toEqual(['docs/epic.md']);
      expect(report.stop_reasons).toEqual({ end_turn: 1, max_tokens: 1 });
      expect(report.usage.output_tokens).toBeGreaterThan(300_000);
      const create = simulator.ledger.calls.find(({ operation }) => operation === 'create');
      expect(create?.headers['anthropic-beta']).toBe('output-300k-2026-03-24');
    });
  });
});

describe('pdf-extraction', () => {
  test('sends each PDF as a document, and tells why one gave no invoice', async () => {
    const sent: string[] = [];
    const result: ResultScript = (request) => {
      const data = /"data":"([^"]+)"/.exec(said(request))?.[1] ?? '';
      const pdf = Buffer.from(data, 'base64').toString('latin1');
      sent.push(pdf);
      const number = /Invoice (\S+),/.exec(pdf)?.[1];
      return number === undefined
        ? errored('invalid_request_error')
        : succeeded(JSON.stringify({ number, total: 12.5 }));
    };
    await withEngine({ result }, async ({ batches, jobId }) => {
      const pdfs = [
        { name: 'a.pdf', bytes: tinyPdf('Invoice A-1, total 12.50 EUR (paid)') },
        { name: 'torn.pdf', bytes: Buffer.from('%PDF-1.4\n') },
      ];
      const { invoices, failed } = await extractInvoices(batches, pdfs, jobId);
      expect([...invoices]).toEqual([['a.pdf', { number: 'A-1', total: 12.5 }]]);
      expect([...failed]).toEqual([['torn.pdf', 'invalid_request_error']]);
      expect(sent[0]).toMatch(/^%PDF-1\.4\n[^]*%%EOF\n$/);
    });
  });
});

describe('from-your-workflow', () => {
  const labels: ResultScript = (request) =>
    succeeded(said(request).includes('parcel') ? 'delivery' : 'billing');

  test("a user's own Workflow exports, runs a job, and imports its results", async () => {
    await withEngine({ result: labels }, async (engine) => {
      const table = createTable();
      await withOwnWorker(engine, table, async (taskQueue) => {
        const summary: unknown = await engine.env.client.workflow.execute('sortTickets', {
          taskQueue,
          workflowId: `sort-${taskQueue}`,
          args: [
            { day: '2026-11-23', engineTaskQueue: engine.taskQueue } satisfies SortTicketsInput,
          ],
        });
        expect(summary).toMatch(/^2 of 2 tickets sorted, \$0\.\d+$/);
        expect(table.labels).toEqual({ 'ticket-1': 'delivery', 'ticket-2': 'billing' });
      });
    });
  });

  test('cancelling it cancels the job, which keeps what was finished', async () => {
    const settings = { result: labels, batchTimeMs: 10 * HOUR_MS };
    await withEngine(settings, async (engine) => {
      const table = createTable();
      await withOwnWorker(engine, table, async (taskQueue) => {
        const handle = await engine.env.client.workflow.start('sortTickets', {
          taskQueue,
          workflowId: `sort-${taskQueue}`,
          args: [
            { day: '2026-11-24', engineTaskQueue: engine.taskQueue } satisfies SortTicketsInput,
          ],
        });
        await eventually(
          () => Promise.resolve(engine.simulator.batches().length === 1),
          'the batch is submitted'
        );
        await engine.env.sleep(6 * HOUR_MS);
        await handle.cancel();
        await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
        const job = engine.batches.getHandle('tickets-2026-11-24');
        expect(await job.report()).toMatchObject({ status: 'canceled', succeeded: 1, canceled: 1 });
        expect(table.labels).toEqual({});
      });
    });
  });
});

interface TestTable extends TicketTable {
  readonly labels: Record<string, string>;
}

function createTable(): TestTable {
  const labels: Record<string, string> = {};
  return {
    labels,
    ticketsOf: () => [
      { id: 'ticket-1', text: 'The parcel never came.' },
      { id: 'ticket-2', text: 'I was charged twice.' },
    ],
    setLabel: (id, label) => {
      labels[id] = label;
      return Promise.resolve();
    },
  };
}

/** Webpack finds the package by its name in `lib/`: let it take the sources instead, as jest does. */
const fromSources: NonNullable<BundleOptions['webpackConfigHook']> = (config) => {
  const known = config.resolve?.alias;
  return {
    ...config,
    resolve: {
      ...config.resolve,
      alias: {
        ...(Array.isArray(known) ? {} : known),
        'temporal-message-batches/workflow$': require.resolve('../../workflows/helpers'),
      },
    },
  };
};

/** Runs the example's own Worker beside the engine's. */
async function withOwnWorker(
  { folder }: Engine,
  table: TicketTable,
  run: (taskQueue: string) => Promise<void>
): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../../examples/from-your-workflow/workflows'),
    webpackConfigHook: fromSources,
    logger: silentLogger(),
  });
  const taskQueue = `own-${folder.slice(-6)}`;
  const worker = await Worker.create({
    connection: withEngine.env.nativeConnection,
    taskQueue,
    workflowBundle: { code },
    activities: createActivities(table, join(folder, 'store')),
  });
  await worker.runUntil(run(taskQueue));
}
