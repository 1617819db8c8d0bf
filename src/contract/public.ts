/**
 * What users and other languages see: a job's input, its report, `progress`.
 *
 * Plain JSON that keeps its spelling for good.
 *
 * @module
 */
import type { JobOptions } from './options';

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

/** An answer to a question of a job, {@link JobProgress.questions}. It has exactly one of the last three members. */
export interface Answer {
  /** The chunk that asked: `1-0`. Defaults to the only one that asks; while several ask, it is required. */
  readonly chunk?: string;
  /** The question's number. Defaults to that of the chunk's open question. */
  readonly question?: number;
  /** Says what became of a submission whose answer was lost: `absent` if no batch was created, or the batch's id. */
  readonly submission?: 'absent' | `msgbatch_${string}`;
  /** Gives up a batch that the API has lost: its requests are reported as `missing`. */
  readonly batch?: 'gone';
  /** Accepts incomplete results as they are: requests without a result are reported as `missing`. */
  readonly results?: 'accept';
}

/**
 * The optional argument of the Signal `resume`: nothing, a kind of pause, or an answer.
 *
 * An answer lifts no pause except that of the chunk that asked. One that fits no open question is ignored, which the
 * questions' `reason` then says.
 */
export interface ResumeAnswer extends Answer {
  /** Lifts pauses of this kind only. Defaults to all kinds. */
  readonly kind?: PauseKind;
}

/** What a question is about: a submission whose answer was lost, a batch that the API has lost, incomplete results. */
export type QuestionKind = 'submission' | 'batch' | 'results';

/** What a chunk asks a person. The chunk is paused until the answer arrives. */
export interface Question {
  /** The chunk that asks: `1-0`. */
  readonly chunk: string;
  /** The question's number: a later question of the chunk has a higher one. */
  readonly question: number;
  readonly kind: QuestionKind;
  readonly reason: string;
  readonly answers: readonly QuestionAnswer[];
}

/** One of the answers to a question. */
export interface QuestionAnswer {
  /** The command that gives it. */
  readonly command: string;
  /** What it does. */
  readonly effect: string;
  /** What it may cost, in US dollars as a decimal string; null when that is unknown: as much as the chunk costs. */
  readonly may_pay_usd: string | null;
}

/**
 * Why a job is paused: `person` (the Signal `pause`), `account` (key, billing, spend limit), `submission` (its answer was
 * lost), `worker` (no Worker serves this job's API, workspace or store), `batch` (a known batch is missing or overdue),
 * `refused` (the API refused a batch), `permit` (the permit forbade a paid call).
 */
export type PauseKind =
  'person' | 'account' | 'submission' | 'worker' | 'batch' | 'refused' | 'permit';

/** A pause, and what it needs to be lifted. */
export interface Pause {
  readonly kind: PauseKind;
  readonly reason: string;
}

export type ChunkPhase =
  'waiting' | 'submitting' | 'reconciling' | 'processing' | 'canceling' | 'collecting' | 'ended';

export type JobStatus = 'running' | 'paused' | 'completed' | 'canceled' | 'failed';
export type JobPhase = 'planning' | 'running' | 'canceling' | 'finishing' | 'ended';

/** Answer of the Query `progress`. Times are RFC 3339 in UTC. */
export interface JobProgress {
  readonly job_id: string;
  readonly status: JobStatus;
  readonly phase: JobPhase;
  /** The pause; null when there is none. `paused_reason` and `paused_kind` are its members. */
  readonly paused: Pause | null;
  readonly paused_reason: string | null;
  readonly paused_kind: PauseKind | null;
  /** What a person has to answer, by chunk. */
  readonly questions: readonly Question[];
  readonly requests: number;
  readonly succeeded: number;
  readonly errored: number;
  readonly expired: number;
  readonly canceled: number;
  readonly missing: number;
  /** Without an outcome yet, including those that wait for a retry. */
  readonly processing: number;
  readonly round: number;
  readonly batches: readonly BatchProgress[];
  /** About when the next status check is due; null when none is. */
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
  /** What is happening, where the phase alone does not say. */
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
  /** How often each `stop_reason` occurs in the succeeded results. Check results with `refusal` and `max_tokens`. */
  readonly stop_reasons: Readonly<Record<string, number>>;
  /** How often each error type occurs in the failures. */
  readonly error_types: Readonly<Record<string, number>>;
  readonly usage: ReportUsage;
  /** US dollars as a decimal string, at batch prices; null when a model's price is unknown. */
  readonly cost_usd: string | null;
  /** Second batches of a chunk, in the rare case that the API executed a POST twice; not in `batches` and `cost_usd`. */
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
