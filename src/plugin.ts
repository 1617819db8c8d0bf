/**
 * One line that gives a Worker everything but the Workflows, which its own module re-exports.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { SimplePlugin } from '@temporalio/plugin';
import type { BundleOptions, ReplayWorkerOptions, Worker, WorkerOptions } from '@temporalio/worker';
import {
  createActivities,
  createAnthropicClients,
  hasEnvironmentKey,
  type AnthropicClientsOptions,
} from '../activities';
import type { MessageBatchActivities } from './contract/activities';
import { checkBundle, MISSING_WORKFLOWS_MESSAGE } from './plugin/bundle-check';
import { openStore, STORE_DEFAULT } from './store/open-store';
import type { Store } from './store/store';

export type { AnthropicClient, AnthropicClientsOptions } from '../activities';

export interface MessageBatchesPluginOptions extends AnthropicClientsOptions {
  /**
   * The store that clients use too: a store, its URI, or a folder's path.
   *
   * Defaults to the environment variable `MESSAGE_BATCHES_STORE`, else to `.message-batches/store`.
   */
  readonly store?: Store | string;
}

/** Activities that an instance of this plugin created: they are not registered twice. */
const ours = new WeakSet<object>();

/** Workers that were warned: a Worker can have this plugin twice. */
const warned = new WeakSet<Worker>();

/**
 * Registers the Activities of temporal-message-batches on a Worker, and refuses one that lacks its Workflows.
 *
 * Safe when applied twice, and beside other plugins and interceptors: it touches nothing but `activities`.
 */
export class MessageBatchesPlugin extends SimplePlugin {
  readonly #options: MessageBatchesPluginOptions;

  constructor(options: MessageBatchesPluginOptions = {}) {
    super({ name: 'temporal-message-batches.MessageBatchesPlugin' });
    this.#options = options;
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    const configured = this.#addActivities(options);
    const { workflowBundle } = options;
    if (workflowBundle !== undefined) {
      assertPresent(
        'code' in workflowBundle
          ? workflowBundle.code
          : readFileSync(workflowBundle.codePath, 'utf8')
      );
    }
    return configured;
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    if (this.#lacksKey() && !warned.has(worker)) {
      warned.add(worker);
      // Loaded only here, where a Worker has loaded it already: clients do without its native code.
      const { Runtime } = await import('@temporalio/worker');
      Runtime.instance().logger.warn(
        'This Worker has no key for the Anthropic API, so jobs pause: set ANTHROPIC_API_KEY and start the Worker again.'
      );
    }
    return super.runWorker(worker, next);
  }

  #lacksKey(): boolean {
    return Object.keys(this.#options.clients ?? {}).length === 0 && !hasEnvironmentKey();
  }

  /** Replays need no Activities and never pay. */
  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return options;
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    const { webpackConfigHook } = options;
    return {
      ...options,
      webpackConfigHook: (config) => {
        const hooked = webpackConfigHook?.(config) ?? config;
        return { ...hooked, plugins: [...(hooked.plugins ?? []), new BundleCheckPlugin()] };
      },
    };
  }

  #addActivities(options: WorkerOptions): WorkerOptions {
    const registered: object = options.activities ?? {};
    const names = Object.keys(registered).filter((name) => name.startsWith('messageBatch'));
    const foreign = names.find((name) => !ours.has(Reflect.get(registered, name) as object));
    if (foreign !== undefined) {
      throw new TypeError(
        `The Activity name \`${foreign}\` belongs to temporal-message-batches: rename the other Activity.`
      );
    }
    if (names.length > 0) return options;
    const activities = this.#lazyActivities();
    for (const activity of Object.values(activities)) ours.add(activity as object);
    return { ...options, activities: { ...registered, ...activities } };
  }

  /** A Worker is configured before anything can be awaited: the store opens with the first Activity. */
  #lazyActivities(): MessageBatchActivities {
    const place = this.#options.store ?? process.env['MESSAGE_BATCHES_STORE'] ?? STORE_DEFAULT;
    const anthropic = createAnthropicClients(this.#options);
    let opened: Promise<MessageBatchActivities> | undefined;
    const open = async (): Promise<MessageBatchActivities> =>
      createActivities({
        store: typeof place === 'string' ? await openStore(place) : place,
        anthropic,
      });
    const activities = (): Promise<MessageBatchActivities> => {
      opened ??= open();
      // A store that cannot be opened now may be available at the next try.
      opened.catch(() => (opened = undefined));
      return opened;
    };
    return {
      messageBatchPlan: async (input) => (await activities()).messageBatchPlan(input),
      messageBatchPlanRound: async (input) => (await activities()).messageBatchPlanRound(input),
      messageBatchPermit: async (input) => (await activities()).messageBatchPermit(input),
      messageBatchSubmit: async (input) => (await activities()).messageBatchSubmit(input),
      messageBatchReconcile: async (input) => (await activities()).messageBatchReconcile(input),
      messageBatchResolve: async (input) => (await activities()).messageBatchResolve(input),
      messageBatchCheck: async (input) => (await activities()).messageBatchCheck(input),
      messageBatchCancel: async (input) => (await activities()).messageBatchCancel(input),
      messageBatchCollect: async (input) => (await activities()).messageBatchCollect(input),
      messageBatchFinish: async (input) => (await activities()).messageBatchFinish(input),
    };
  }
}

/** The part of webpack's interface that the check needs: webpack's types are no dependency of this package. */
interface Compiler {
  readonly hooks: {
    readonly emit: {
      tapPromise(name: string, run: (compilation: Compilation) => Promise<void>): void;
    };
  };
}

interface Compilation {
  readonly assets: Readonly<Record<string, { source(): string | Buffer }>>;
}

/** Checks the bundle before webpack writes it; `Worker.create` throws what it throws. */
class BundleCheckPlugin {
  apply(compiler: Compiler): void {
    compiler.hooks.emit.tapPromise('MessageBatchesPlugin', ({ assets }) =>
      // Thrown at once, it would leave webpack as an uncaught exception and end the process.
      Promise.resolve().then(() => {
        for (const asset of Object.values(assets)) assertPresent(asset.source().toString());
      })
    );
  }
}

function assertPresent(code: string): void {
  if (checkBundle(code) === 'missing') throw new TypeError(MISSING_WORKFLOWS_MESSAGE);
}
