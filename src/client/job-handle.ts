/**
 * A handle to one job.
 */
import type Anthropic from '@anthropic-ai/sdk';
import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { assertOwnExecution, type ExpectedJob } from './execution';
import { QUERY_PROGRESS, SIGNAL } from '../contract/names';
import type { Answer, JobProgress, Report, ResumeAnswer } from '../contract/public';
import { routeAnswer } from '../core/questions/route-answer';
import { listAnswers } from '../core/questions/show-questions';
import { findReport } from '../records/own-report';
import { findReportFiles, type ReportFiles } from '../records/report-files';
import { failure, findMessageBatchFailure } from '../contract/failures';
import { LINE_BYTES_MAX } from '../contract/limits';
import { readLines } from '../store/lines';
import type { Store } from '../store/store';

/** A line of `results.jsonl`. */
export interface JobResult {
  readonly custom_id: string;
  readonly result: { readonly type: 'succeeded'; readonly message: Anthropic.Message };
}

/** A line of `failures.jsonl`: a request that did not succeed. `result.type` says why. */
export interface FailedRequest {
  readonly custom_id: string;
  readonly result:
    | {
        readonly type: 'errored';
        /** As the API answered. */
        readonly error: { readonly error: { readonly type: string; readonly message: string } };
      }
    | { readonly type: 'expired' | 'canceled' | 'missing' };
  /** How often the request was submitted. */
  readonly attempts: number;
}

/**
 * Follows and controls one job. Made by `MessageBatches`.
 *
 * Every method throws ApplicationFailure `MessageBatch.JobMismatch` when the Workflow under the id is not this client's
 * job: one of another type, or a job that runs on another task queue. Nothing is sent to it.
 */
export class JobHandle {
  readonly jobId: string;
  readonly #job: ExpectedJob;
  readonly #client: Client;
  readonly #store: Promise<Store>;
  #isKnown = false;

  /** @internal */
  constructor(job: ExpectedJob, client: Client, store: Promise<Store>) {
    this.jobId = job.jobId;
    this.#job = job;
    this.#client = client;
    this.#store = store;
  }

  /** The job's progress. Needs a Worker that serves the job's task queue. */
  async progress(): Promise<JobProgress> {
    // Asked often, and harmless: checked once.
    if (!this.#isKnown) await this.#assertOwn();
    return this.#workflow().query<JobProgress>(QUERY_PROGRESS);
  }

  /** Stops submitting, cancels running batches at the API, keeps every finished result. Resolves when the Signal is sent. */
  async cancel(): Promise<void> {
    await this.#signal(SIGNAL.cancel);
  }

  /** Stops new paid calls. Batches at the API continue, and their results are collected. */
  async pause(): Promise<void> {
    await this.#signal(SIGNAL.pause);
  }

  /**
   * Answers a question of the job, {@link JobProgress.questions}.
   *
   * Reads the questions first. Needs a Worker that serves the job's task queue.
   *
   * @throws ApplicationFailure `MessageBatch.BadOptions` when the answer fits no open question; nothing is sent then.
   */
  async answer(answer: Answer): Promise<void> {
    const { questions } = await this.progress();
    const route = routeAnswer(answer, questions);
    if ('refused' in route) {
      throw failure(
        'MessageBatch.BadOptions',
        [route.refused, ...listAnswers(questions)].join('\n')
      );
    }
    const { chunk, question } = route.to;
    await this.resume({ ...answer, chunk, question });
  }

  /** Continues a paused job. An answer to a question is sent unchecked: {@link JobHandle.answer} checks it first. */
  async resume(answer: ResumeAnswer = {}): Promise<void> {
    await this.#signal(SIGNAL.resume, answer);
  }

  /** Checks every running batch at once. */
  async checkNow(): Promise<void> {
    await this.#signal(SIGNAL.checkNow);
  }

  /**
   * Waits for the job's end.
   *
   * @returns the report, also of a job that Temporal no longer has, as long as the store has its records.
   * @throws ApplicationFailure of `src/contract/failures.ts` when the job failed; `WorkflowFailedError` when it was terminated.
   */
  async report(): Promise<Report> {
    const known = await findReport(await this.#store, this.jobId);
    if (known !== undefined) return known;
    try {
      await this.#assertOwn();
      return (await this.#workflow().result()) as Report;
    } catch (error) {
      // Canceled through Temporal: the files are written all the same.
      const written = await findReport(await this.#store, this.jobId);
      if (written !== undefined) return written;
      if (error instanceof WorkflowNotFoundError) {
        throw failure(
          'MessageBatch.BadReference',
          `There is no job ${this.jobId}: neither Temporal nor the store knows it.`,
          { cause: error }
        );
      }
      throw error instanceof WorkflowFailedError
        ? (findMessageBatchFailure(error) ?? error)
        : error;
    }
  }

  /**
   * Waits for the job's end and yields its succeeded requests in input order.
   *
   * Length and SHA-256 of the file are checked: the length before the first request, the hash after the last one.
   *
   * @throws ApplicationFailure `MessageBatch.StoreDamaged` when the file is not the one that the report names; what
   * {@link report} throws.
   */
  async *results(): AsyncGenerator<JobResult, void, undefined> {
    yield* this.#lines<JobResult>('results');
  }

  /** Waits for the job's end and yields all other requests in input order; checked and failing as {@link results}. */
  async *failures(): AsyncGenerator<FailedRequest, void, undefined> {
    yield* this.#lines<FailedRequest>('failures');
  }

  async *#lines<T>(file: keyof ReportFiles): AsyncGenerator<T, void, undefined> {
    const report = await this.report();
    const store = await this.#store;
    const reference = (await findReportFiles(store, this.jobId, report))[file];
    const source = store.readVerified(reference);
    // A line of the largest result has a custom_id as well, which may be as large as a line of the input.
    for await (const lines of readLines(source, { lineBytesMax: 2 * LINE_BYTES_MAX })) {
      for (const { bytes, number } of lines) yield parseLine(bytes, number) as T;
    }
  }

  async #signal(name: string, ...args: readonly unknown[]): Promise<void> {
    await this.#assertOwn();
    await this.#workflow().signal(name, ...args);
  }

  async #assertOwn(): Promise<void> {
    await assertOwnExecution(this.#client, this.#job);
    this.#isKnown = true;
  }

  #workflow(): ReturnType<Client['workflow']['getHandle']> {
    return this.#client.workflow.getHandle(this.jobId);
  }
}

/** A changed byte may break a line long before the hash at the end of the file shows the damage. */
function parseLine(bytes: Buffer, number: number): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw failure(
      'MessageBatch.StoreDamaged',
      `Line ${number} of a result file in the store is not JSON: the file is damaged.`
    );
  }
}
