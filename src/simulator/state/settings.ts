import { randomUUID } from 'node:crypto';
import type { KeyOwner } from './auth';
import type { Fault } from '../faults/faults';
import { BATCH_BYTES_MAX, BATCH_REQUESTS_MAX } from '../../api-shapes/limits';
import type { ResultScript } from './scripted-result';
import { NO_LIMITS } from './rate-limits';
import type { Limits } from './rate-limits';

/** Milliseconds from a batch's creation to its end. Most real batches take less than an hour. */
const BATCH_TIME_MS_DEFAULT = 60_000;
/** Milliseconds from a cancel to the batch's end, as observed at the API in September 2026. */
const CANCEL_TIME_MS_DEFAULT = 25_000;

/** A batch that is being accepted. */
export interface NewBatch {
  readonly id: string;
  readonly workspaceId: string;
  readonly requests: number;
  /** From 0, in the order of acceptance. */
  readonly sequence: number;
}

/** What may change while the simulator runs. Changes hold for what comes after them. */
export interface RunSettings {
  /**
   * Milliseconds of the simulator's clock from a batch's creation to its end. Its requests finish one after
   * another, evenly over that time, in the order of the body. From 24 hours on, batches expire.
   * @default 60_000
   */
  readonly batchTimeMs: number | ((batch: NewBatch) => number);
  /**
   * Milliseconds from a cancel to the batch's end; it never makes a batch last longer.
   * @default 25_000
   */
  readonly cancelTimeMs: number;
  /** What becomes of each request. Defaults to success. */
  readonly result: ResultScript;
  /** Whether `request_counts` move before the end. The API's stay in `processing`. @default false */
  readonly hasLiveCounts: boolean;
  /** How often a request finds its prefix in the prompt cache once it is there, 0 to 1. @default 1 */
  readonly cacheHitRate: number;
  /** Limits of each workspace, each off by default. */
  readonly limits: Limits;
  /** @default 100_000 */
  readonly batchRequestsMax: number;
  /** @default 256_000_000 */
  readonly batchBytesMax: number;
  /**
   * What a cancel of an ended batch does: the batch unchanged with a 200, or a 400.
   * Assumed: the API does not document it, so a client should handle both.
   * @default 'unchanged'
   */
  readonly cancelOfEnded: 'unchanged' | 'refused';
}

/** Changes of settings: what is left out stays as it is. */
export type SettingsChange = Partial<Omit<RunSettings, 'limits'>> & {
  readonly limits?: Partial<Limits>;
};

export interface SimulatorOptions extends SettingsChange {
  /** Port on 127.0.0.1; 0 takes a free one. @default 0 */
  readonly port?: number;
  /**
   * The simulator's clock, epoch milliseconds: the `date` header and every state follow it. Give it a test
   * environment's clock to skip hours. Defaults to real time.
   */
  readonly now?: () => Promise<number>;
  /** The only keys that are valid. Defaults to every key that is not empty, in one workspace. */
  readonly keys?: Readonly<Record<string, KeyOwner>>;
  readonly faults?: readonly Fault[];
  /** Answers 200 in the documented shape to every id, cursor and operation. @default false */
  readonly wildcard?: boolean;
  /** Makes batch ids, and with them the order of results, the same at every run. Defaults to random ids. */
  readonly seed?: string;
}

export const RUN_SETTINGS_DEFAULT: RunSettings = {
  batchTimeMs: BATCH_TIME_MS_DEFAULT,
  cancelTimeMs: CANCEL_TIME_MS_DEFAULT,
  result: () => undefined,
  hasLiveCounts: false,
  cacheHitRate: 1,
  limits: NO_LIMITS,
  batchRequestsMax: BATCH_REQUESTS_MAX,
  batchBytesMax: BATCH_BYTES_MAX,
  cancelOfEnded: 'unchanged',
};

/**
 * The settings after a change.
 *
 * @throws RangeError when a number is out of its range.
 */
export function changeSettings(settings: RunSettings, change: SettingsChange): RunSettings {
  const given = Object.fromEntries(
    Object.entries(change).filter(
      ([name, value]: [string, unknown]) => name in settings && value !== undefined
    )
  );
  const changed: RunSettings = {
    ...settings,
    ...given,
    limits: { ...settings.limits, ...change.limits },
  };
  if (typeof changed.batchTimeMs === 'number') assertAtLeast('batchTimeMs', changed.batchTimeMs, 0);
  assertAtLeast('cancelTimeMs', changed.cancelTimeMs, 0);
  assertAtLeast('batchRequestsMax', changed.batchRequestsMax, 1);
  assertAtLeast('batchBytesMax', changed.batchBytesMax, 1);
  assertAtLeast('cacheHitRate', changed.cacheHitRate, 0);
  return changed;
}

export function resolveSeed(seed: string | undefined): string {
  return seed ?? randomUUID();
}

function assertAtLeast(name: string, value: number, least: number): void {
  if (Number.isNaN(value) || value < least)
    throw new RangeError(`Expected \`${name}\` to be a number >= ${least}, got ${value}.`);
}
