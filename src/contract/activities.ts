/**
 * The Activities: their names, inputs and results.
 *
 * Everything here is plain JSON and enters the Workflow history: references and counters only, no prompt, answer, key
 * or `custom_id`.
 *
 * @module
 */
import type { ChunkName } from './names';
import type { ResolvedOptions } from './options';
import type { Report, StoreReference } from './public';

/** The API, workspace and store that a job was planned with: each of its Activities must use the same. */
export interface JobBinding {
  /** Scheme, host and port of the API: `https://api.anthropic.com`. */
  readonly apiOrigin: string;
  /** As the API answered; null where it does not say. */
  readonly workspaceId: string | null;
  /** As the API answered; null where it does not say. */
  readonly organizationId: string | null;
  readonly storeId: string;
}

/** What every Activity of a job needs to know. */
export interface JobContext {
  readonly jobId: string;
  readonly site: JobBinding;
  readonly options: ResolvedOptions;
}

/** A round as it is recorded: how many chunks it has, and from which earlier chunks their requests come. */
export interface RoundPlan {
  /** From 1; round 1 is the whole input and has no sources. */
  readonly round: number;
  readonly chunks: number;
  readonly requests: number;
  readonly sources: readonly ChunkName[];
}

export interface PlanInput {
  readonly jobId: string;
  /** The Workflow's input, unchecked: the Activity checks it. */
  readonly input: unknown;
  /** True: the job ends without a submission, so the API is not called. */
  readonly canceling: boolean;
}

export interface Plan extends JobContext {
  readonly requests: StoreReference;
  /** Number of requests, blank lines not counted. */
  readonly total: number;
  /** True when an earlier execution of the job planned it, which may have submitted chunks as well. */
  readonly resumed: boolean;
  /** Every round recorded so far, by number: an earlier execution of the job may have left some. */
  readonly rounds: readonly RoundPlan[];
  /** The report of an earlier execution that completed; null without one. */
  readonly report: Report | null;
}

export interface PlanRoundInput extends JobContext {
  readonly round: number;
  /** Collected chunks whose failed requests go into this round together. */
  readonly sources: readonly ChunkName[];
}

export interface PermitInput extends JobContext, ChunkName {}

/** The answer of `permit` to "may this chunk be paid for now?". */
export type Permission =
  | { readonly decision: 'go' }
  | { readonly decision: 'wait'; readonly delayMs: number; readonly reason: string }
  | { readonly decision: 'pause'; readonly reason: string };

export interface SubmitInput extends JobContext, ChunkName {
  /** False: read the records, post nothing. */
  readonly mayPost: boolean;
}

/** The state of a chunk's submission. */
export type Submission =
  | {
      readonly state: 'submitted';
      readonly batchId: string;
      readonly createdAt: string;
      readonly expiresAt: string;
      readonly requests: number;
    }
  /** Certainly no batch of this chunk is at the API. */
  | { readonly state: 'none'; readonly requests: number }
  /** A POST went out and its answer was lost: a paid batch may exist. */
  | {
      readonly state: 'unknown';
      readonly requests: number;
      /** Names of the intents without a known end, the earliest first. */
      readonly intents: readonly string[];
      /** The API's time before the earliest POST, RFC 3339. */
      readonly since: string;
    };

export interface ReconcileInput extends JobContext, ChunkName {
  /** How long the Workflow has been searching, on Temporal's clock. */
  readonly searchedMs: number;
}

/** The result of one search for the batch of a submission whose answer was lost. */
export type Reconciliation =
  | Exclude<Submission, { readonly state: 'unknown' }>
  | {
      /** Not known yet. Search again after `delayMs`; null: on the schedule of status checks. */
      readonly state: 'searching';
      readonly requests: number;
      readonly delayMs: number | null;
      /** Batches whose results will show whose they are. */
      readonly batchIds: readonly string[];
    }
  | {
      /** There is no proof: a person must decide. */
      readonly state: 'lost';
      readonly requests: number;
      /** Batches that may have been ours and cannot be read any more. */
      readonly batchIds: readonly string[];
      /** Why there is no proof: a sentence. */
      readonly reason: string;
    };

export interface BatchInput extends JobContext, ChunkName {
  readonly batchId: string;
}

/** A status check of a batch. */
export interface BatchCheck {
  /** `unknown`: one that this version does not know, which is no end. */
  readonly status: 'in_progress' | 'canceling' | 'ended' | 'unknown';
  /** The API's name of an unknown status. */
  readonly unknownStatus?: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly endedAt: string | null;
  /** Set when the API has removed the results (29 days after `createdAt`). */
  readonly archivedAt: string | null;
  readonly counts: ResultCounts & { readonly processing: number };
}

/** Numbers of results by the API's types. */
export interface ResultCounts {
  readonly succeeded: number;
  readonly errored: number;
  readonly expired: number;
  readonly canceled: number;
}

export interface CollectInput extends BatchInput {
  /** True when this job asked the API to cancel the batch: its canceled requests are ours. */
  readonly canceledByUs: boolean;
  /** True when the results were read often enough: requests without a result are then `missing`. */
  readonly takeAsIs: boolean;
  /** True when a person has given the batch up: the API is not called, and every request of it is `missing`. */
  readonly gone: boolean;
}

/** The counts of a collected chunk. */
export interface Collected {
  readonly batchId: string;
  readonly requests: number;
  readonly counts: ResultCounts & { readonly missing: number };
  /** Requests that go into a later round, and how many of these wait for the account (billing) first. */
  readonly retry: number;
  readonly retryAfterAccount: number;
  /** Requests that our own cancellation stopped: they go into a later round if the job continues after all. */
  readonly stopped: number;
  /** Final outcomes, by the type of the last result. */
  readonly final: ResultCounts & { readonly missing: number };
}

export interface FinishInput extends JobContext {
  readonly status: Report['status'];
  readonly total: number;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** The Activities by their registered names. */
export interface MessageBatchActivities {
  messageBatchPlan(input: PlanInput): Promise<Plan>;
  messageBatchPlanRound(input: PlanRoundInput): Promise<RoundPlan>;
  messageBatchPermit(input: PermitInput): Promise<Permission>;
  messageBatchSubmit(input: SubmitInput): Promise<Submission>;
  messageBatchReconcile(input: ReconcileInput): Promise<Reconciliation>;
  messageBatchResolve(input: ResolveInput): Promise<Submission>;
  messageBatchCheck(input: BatchInput): Promise<BatchCheck>;
  messageBatchCancel(input: BatchInput): Promise<BatchCheck>;
  messageBatchCollect(input: CollectInput): Promise<Collected>;
  messageBatchFinish(input: FinishInput): Promise<Report>;
}

/** A person's decision about a submission whose answer was lost. */
export interface ResolveInput extends JobContext, ChunkName {
  /** `absent`: no batch was created. Otherwise the id of the batch that was. Unchecked: a Signal may carry any text. */
  readonly submission: string;
}
