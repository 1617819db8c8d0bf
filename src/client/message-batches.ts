/**
 * The client for applications: start a job, get a handle to one, follow it, read its results.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import { findExecution, type ExpectedJob } from './execution';
import { JobHandle } from './job-handle';
import { placeJob, type PlaceOptions } from './place-job';
import { toRequestFile, type RequestFile, type RequestSource } from './request-source';
import { isMessageBatchFailure } from '../contract/failures';
import { TASK_QUEUE_DEFAULT, WORKFLOW_TYPE } from '../contract/names';
import type { JobInput } from '../contract/public';
import { assertJobId } from '../core/plan/job-id';
import { resolveOptions, type JobOptions } from '../contract/options';
import { openStore, STORE_DEFAULT } from '../store/open-store';
import type { Store } from '../store/store';

export interface MessageBatchesOptions {
  /** A Temporal client. */
  readonly client: Client;
  /**
   * The store that the Workers use: a store, its URI, or a folder's path.
   *
   * Defaults to the environment variable `MESSAGE_BATCHES_STORE`, else to `.message-batches/store`.
   */
  readonly store?: Store | string;
  /** Task queue of the engine's Workers. Defaults to `message-batches`. */
  readonly taskQueue?: string;
}

export interface StartOptions extends JobOptions {
  /**
   * The job's id: 1 to 200 of `A–Z a–z 0–9 . _ : -`, not starting with a dot. Starting an id again never pays again.
   *
   * Defaults to the input's name with a hash of the input and of the options that change the answers.
   */
  readonly jobId?: string;
  /** Folder in the store for the three files, as a URI. Defaults to the job's own folder. */
  readonly output?: string;
  /**
   * Called with the job's id when its input is in the store and nothing has started; what it throws, `start` throws.
   *
   * @internal
   */
  readonly beforeStart?: (jobId: string) => Promise<void>;
}

/** Starts jobs, and returns handles to them. */
export class MessageBatches {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #store: Promise<Store>;

  constructor({ client, store, taskQueue = TASK_QUEUE_DEFAULT }: MessageBatchesOptions) {
    this.#client = client;
    this.#taskQueue = taskQueue;
    const place = store ?? process.env['MESSAGE_BATCHES_STORE'] ?? STORE_DEFAULT;
    this.#store = typeof place === 'string' ? openStore(place) : Promise.resolve(place);
    // The first call reports it.
    this.#store.catch(() => undefined);
  }

  /**
   * Starts a job, or attaches to it: while it runs, when it has ended, and whatever ended its last execution.
   *
   * @param source - Requests as a list, an async iterable, or the path of a JSON Lines file. Nothing is held in memory.
   * @throws RangeError when options are wrong, all problems at once.
   * @throws ApplicationFailure `MessageBatch.JobMismatch` when the job of this id has other input or other options, or
   * when another Workflow runs under it.
   */
  async start(source: RequestSource, options: StartOptions = {}): Promise<JobHandle> {
    const { jobId, output, beforeStart, ...jobOptions } = options;
    resolveOptions(jobOptions);
    if (jobId !== undefined) assertJobId(jobId);
    const store = await this.#store;
    // Another Workflow's id: nothing is written to the store.
    if (jobId !== undefined) await findExecution(this.#client, this.#expected(jobId));
    const file = await toRequestFile(source);
    try {
      const place: PlaceOptions = {
        options: jobOptions,
        ...(jobId === undefined ? {} : { jobId }),
      };
      const placed = await placeJob(store, file, place);
      await beforeStart?.(placed.jobId);
      const handle = this.getHandle(placed.jobId);
      if (placed.reported) return handle;
      await this.#startWorkflow(
        placed.jobId,
        {
          ...placed.input,
          ...(output === undefined ? {} : { output: { uri: output } }),
        },
        summaryOf(file)
      );
      return handle;
    } finally {
      await file.release();
    }
  }

  /**
   * Returns a handle to a job that was started here or elsewhere. Sends nothing: whether there is such a job shows in
   * the first call.
   *
   * @throws ApplicationFailure `MessageBatch.BadOptions` when it cannot be the id of a job.
   */
  getHandle(jobId: string): JobHandle {
    assertJobId(jobId);
    return new JobHandle(this.#expected(jobId), this.#client, this.#store);
  }

  /** Whether Temporal knows a running execution of the job. False for any other Workflow under its id. */
  async isRunning(jobId: string): Promise<boolean> {
    try {
      return (await findExecution(this.#client, this.#expected(jobId))) === 'running';
    } catch (error) {
      if (isMessageBatchFailure(error, 'MessageBatch.JobMismatch')) return false;
      throw error;
    }
  }

  #expected(jobId: string): ExpectedJob {
    return { jobId, taskQueue: this.#taskQueue };
  }

  async #startWorkflow(jobId: string, input: JobInput, summary: string): Promise<void> {
    await this.#client.workflow.start(WORKFLOW_TYPE.job, {
      workflowId: jobId,
      taskQueue: this.#taskQueue,
      args: [input],
      // Running: attach. Ended without a report: continue from what the store contains.
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: summary,
    });
    // USE_EXISTING returns whatever runs under the id.
    await findExecution(this.#client, this.#expected(jobId));
  }
}

/** The one line that the Temporal UI shows of a job before it is planned. */
function summaryOf({ name, lines, bytes }: RequestFile): string {
  const count = `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`;
  return `${name.slice(0, 80)}: ${count}, ${(bytes / 1_000_000).toFixed(1)} MB of requests`;
}
