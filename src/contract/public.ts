/**
 * The surfaces that Workflows, Activities and clients share: names, inputs, results.
 *
 * Everything here is plain JSON and enters the Workflow history: references and counters only, no prompt, answer, key
 * or `custom_id`. What other languages see (the job's input, its report, `progress`) keeps its spelling for good.
 *
 * @module
 */
import type { JobOptions, ResolvedOptions } from './options';

/** The task queue that Workers, clients and the command line use unless told otherwise. */
export const TASK_QUEUE_DEFAULT = 'message-batches';

/** The Workflow types, as they are registered; other languages start `messageBatchJob` by this name. */
export const WORKFLOW_TYPE = {
  job: 'messageBatchJob',
  chunk: 'messageBatchChunk',
  retry: 'messageBatchRetry',
} as const;

/** The Signals of a job. Its children answer to the same names. */
export const SIGNAL = {
  cancel: 'cancel',
  pause: 'pause',
  resume: 'resume',
  checkNow: 'checkNow',
  /** From a chunk to its job, on a change of state only. */
  chunkChanged: 'messageBatchChunkChanged',
  /** From a retry round to its job, likewise. */
  roundChanged: 'messageBatchRoundChanged',
} as const;

/** Search attributes that a job with the option `searchAttributes` keeps up to date, with their types in Temporal. */
export const SEARCH_ATTRIBUTES = {
  MessageBatchesStatus: 'Keyword',
  MessageBatchesRound: 'Int',
  MessageBatchesRequests: 'Int',
} as const;

/** The Query of a job; answers with {@link JobProgress}. */
export const QUERY_PROGRESS = 'progress';

/** A place in the store. */
export interface StoreReference {
  /** `file:///…` or `s3://…`, inside the store. */
  readonly uri: string;
  readonly bytes: number;
  /** Number of lines, the last one counted with or without its newline. */
  readonly lines: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Input of `messageBatchJob`: one JSON object that any Temporal client can send. */
export interface JobInput extends JobOptions {
  /** JSON Lines in the store, one request a line. */
  readonly requests: { readonly uri: string };
  /** Folder in the store for the three files. Defaults to the job's own folder. */
  readonly output?: { readonly uri: string };
}

/** Where a job was planned, and so where each of its Activities must run. */
export interface JobSite {
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
  readonly site: JobSite;
  readonly options: ResolvedOptions;
}

/** One chunk of one round. Its files lie in the job's folder under `chunks/<round>-<chunk>/`. */
export interface ChunkName {
  /** From 1. */
  readonly round: number;
  /** From 0. */
  readonly chunk: number;
}

/** A round as it was written down: how many chunks, made of the failures of which earlier chunks. */
export interface RoundPlan {
  /** From 1; round 1 is the whole input and has no sources. */
  readonly round: number;
  readonly chunks: number;
  readonly requests: number;
  readonly sources: readonly ChunkName[];
}

export interface PlanInput {
  readonly jobId: string;
  /** The Workflow's input, as it came: the Activity checks it. */
  readonly input: unknown;
  /** True: the job ends without a submission, so the API need not be asked anything. */
  readonly canceling: boolean;
}

export interface Plan extends JobContext {
  readonly requests: StoreReference;
  /** Number of requests, blank lines not counted. */
  readonly total: number;
  /** True when an earlier execution of the job planned it: it may have submitted chunks as well. */
  readonly resumed: boolean;
  /** Every round written down so far, by number: an earlier execution of the job may have left some. */
  readonly rounds: readonly RoundPlan[];
  /** The report of an earlier execution that reached its end. */
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
  /** False: only look at what is recorded, and post nothing. */
  readonly mayPost: boolean;
}

/** How a chunk's submission stands. */
export type Submission =
  | {
      readonly state: 'submitted';
      readonly batchId: string;
      readonly createdAt: string;
      readonly expiresAt: string;
      readonly requests: number;
    }
  /** Nothing of this chunk is at the API, for certain. */
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

export interface ReconcileInput extends JobContext, ChunkName {}

/** One look for what became of a submission whose end is unknown. */
export type Reconciliation =
  | Exclude<Submission, { readonly state: 'unknown' }>
  | {
      /** Not known yet. Look again after `delayMs`; null: as often as at a batch. */
      readonly state: 'searching';
      readonly requests: number;
      readonly delayMs: number | null;
      /** Batches of the right size and age whose results will tell. */
      readonly batchIds: readonly string[];
    }
  | {
      /** These could have been ours, and can't be read any more: a person must say. */
      readonly state: 'lost';
      readonly requests: number;
      readonly batchIds: readonly string[];
    };

export interface BatchInput extends JobContext, ChunkName {
  readonly batchId: string;
}

/** One look at a batch. */
export interface BatchCheck {
  readonly status: 'in_progress' | 'canceling' | 'ended';
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly endedAt: string | null;
  /** Set when the results are gone (29 days after `createdAt`). */
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
  /** True when the results were read often enough: what is not there by now is `missing`. */
  readonly takeAsIs: boolean;
  /** True when a person has given the batch up: the API is not asked, and every request of it is `missing`. */
  readonly gone: boolean;
}

/** What a chunk came to. */
export interface Collected {
  readonly batchId: string;
  readonly requests: number;
  readonly counts: ResultCounts & { readonly missing: number };
  /** Requests that go into a later round, and how many of these wait for the account (billing) first. */
  readonly retry: number;
  readonly retryAfterAccount: number;
  /** Requests that our own cancellation stopped: they go into a later round if the job goes on after all. */
  readonly stopped: number;
  /** Verdicts that are final, by the type of the last result. */
  readonly final: ResultCounts & { readonly missing: number };
}

export interface FinishInput extends JobContext {
  readonly status: Report['status'];
  readonly total: number;
  readonly rounds: readonly RoundPlan[];
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

/** A person's word on a submission whose end is unknown. */
export interface ResolveInput extends JobContext, ChunkName {
  /** `absent`: nothing reached the API. Otherwise the id of the batch that did. */
  readonly submission: string;
}

/** The optional argument of the Signal `resume`. */
export interface ResumeArgument {
  /** Answers a submission whose end is unknown: `absent`, or the batch's id. */
  readonly submission?: string;
  /** Gives up the batches that the job stands still for because the API has lost them: their requests are `missing`. */
  readonly batch?: 'gone';
  /** Lifts pauses of this kind alone; without it, all. */
  readonly only?: PauseKind;
}

/**
 * Why a job stands still: `person` (the Signal `pause`), `account` (key, billing, spend limit), `submission` (its end is
 * unknown), `worker` (no Worker here serves this job's API, workspace or store), `batch` (a known batch can't be found),
 * `refused` (the API refused a batch), `permit` (the permit said so).
 */
export type PauseKind =
  'person' | 'account' | 'submission' | 'worker' | 'batch' | 'refused' | 'permit';

export interface Pause {
  readonly kind: PauseKind;
  readonly reason: string;
}

export type ChunkPhase =
  'waiting' | 'submitting' | 'reconciling' | 'processing' | 'canceling' | 'collecting' | 'ended';

/** A chunk's state as its job sees it; the payload of the Signal from chunk to job. */
export interface ChunkState extends ChunkName {
  readonly phase: ChunkPhase;
  readonly requests: number;
  readonly batchId: string | null;
  readonly submittedAt: string | null;
  readonly endedAt: string | null;
  readonly pause: Pause | null;
  /** What is going on, where the phase alone does not tell. */
  readonly note: string | null;
  readonly collected: Collected | null;
}

/** What a chunk or a retry round starts with: the job's control state at that moment. */
export interface ChildControl {
  readonly canceling: boolean;
  readonly pause: Pause | null;
}

export interface ChunkInput extends JobContext, ChunkName {
  readonly requests: number | null;
  readonly control: ChildControl;
}

export interface RetryInput extends JobContext {
  readonly round: number;
  readonly sources: readonly ChunkName[];
  readonly control: ChildControl;
}

/** A retry round's news for its job. */
export interface RoundChange {
  readonly round: number;
  readonly pause?: Pause | null;
  readonly plan?: RoundPlan;
}

export type JobStatus = 'running' | 'paused' | 'completed' | 'canceled' | 'failed';
export type JobPhase = 'planning' | 'running' | 'canceling' | 'finishing' | 'ended';

/** Answer of the Query `progress`. Times are RFC 3339 in UTC. */
export interface JobProgress {
  readonly job_id: string;
  readonly status: JobStatus;
  readonly phase: JobPhase;
  readonly paused_reason: string | null;
  /** What the pause needs to be lifted; null when there is none. */
  readonly paused_kind: PauseKind | null;
  readonly requests: number;
  readonly succeeded: number;
  readonly errored: number;
  readonly expired: number;
  readonly canceled: number;
  readonly missing: number;
  /** Without a verdict yet, those that wait for a retry included. */
  readonly processing: number;
  readonly round: number;
  readonly batches: readonly BatchProgress[];
  /** About when the next look at a batch is due; null when none is. */
  readonly next_check_at: string | null;
  /** When the next retry round starts; null when none is due. */
  readonly next_round_at: string | null;
  readonly started_at: string;
}

export interface BatchProgress {
  /** Null while the chunk is not submitted. */
  readonly id: string | null;
  readonly round: number;
  readonly chunk: number;
  readonly phase: ChunkPhase;
  /** What is going on, where the phase alone does not tell. */
  readonly note: string | null;
  readonly requests: number;
  readonly succeeded: number;
  readonly errored: number;
  readonly expired: number;
  readonly canceled: number;
  readonly missing: number;
  readonly submitted_at: string | null;
  readonly ended_at: string | null;
}

/** Summed over succeeded requests, with the API's field names. */
export interface ReportUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation: {
    readonly ephemeral_5m_input_tokens: number;
    readonly ephemeral_1h_input_tokens: number;
  };
  readonly server_tool_use: {
    readonly web_search_requests: number;
    readonly web_fetch_requests: number;
  };
}

/** `report.json`, and what the Workflow returns. `requests = succeeded + errored + expired + canceled + missing`. */
export interface Report {
  readonly job_id: string;
  readonly status: 'completed' | 'canceled';
  readonly requests: number;
  readonly succeeded: number;
  readonly errored: number;
  readonly expired: number;
  readonly canceled: number;
  readonly missing: number;
  readonly rounds: number;
  readonly batches: readonly ReportBatch[];
  /** How often each `stop_reason` stands in the succeeded results; `refusal` and `max_tokens` deserve a look. */
  readonly stop_reasons: Readonly<Record<string, number>>;
  /** How often each error type stands in the failures. */
  readonly error_types: Readonly<Record<string, number>>;
  readonly usage: ReportUsage;
  /** US dollars as a decimal string, at batch prices; null when a model's price is not known. */
  readonly cost_usd: string | null;
  /** Second batches of a chunk, where the API took a POST twice all the same; not in `batches` and `cost_usd`. */
  readonly duplicates: readonly ReportDuplicate[];
  /** Date of the price table used. */
  readonly prices_as_of: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly results: StoreReference;
  readonly failures: StoreReference;
}

export interface ReportDuplicate {
  readonly id: string;
  readonly round: number;
  readonly chunk: number;
  readonly requests: number;
  readonly created_at: string;
  readonly cost_usd: string | null;
}

export interface ReportBatch {
  readonly id: string;
  readonly round: number;
  readonly chunk: number;
  readonly requests: number;
  readonly succeeded: number;
  readonly errored: number;
  readonly expired: number;
  readonly canceled: number;
  readonly missing: number;
  readonly created_at: string;
  readonly ended_at: string | null;
}
