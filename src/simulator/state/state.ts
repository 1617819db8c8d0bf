import { createKeyRing } from './auth';
import type { KeyRing } from './auth';
import type { BatchRecord } from './batch';
import { createFaultQueue } from '../faults/fault-queue';
import type { FaultQueue } from '../faults/fault-queue';
import { createLedgerBook } from './ledger';
import type { LedgerBook } from './ledger';
import type { PromptCache } from './prompt-cache';
import type { Bucket } from './rate-limits';
import { RUN_SETTINGS_DEFAULT, changeSettings, resolveSeed } from './settings';
import type { RunSettings, SimulatorOptions } from './settings';

/** Everything that one simulator remembers. */
export interface SimulatorState {
  readonly now: () => Promise<number>;
  readonly seed: string;
  readonly isWildcard: boolean;
  readonly keys: KeyRing;
  readonly faults: FaultQueue;
  readonly ledger: LedgerBook;
  /** By id, the oldest first. */
  readonly batches: Map<string, BatchRecord>;
  readonly workspaces: Map<string, WorkspaceState>;
  /** Aborted when the simulator closes. */
  readonly closing: AbortController;
  settings: RunSettings;
  /** `create` calls so far: each takes an id, whether it is accepted or not. */
  creates: number;
  /** Calls so far. */
  calls: number;
}

export interface WorkspaceState {
  /** How many accepted batches held each key. */
  readonly attempts: Map<string, number>;
  readonly cache: PromptCache;
  bucket: Bucket | undefined;
}

export function createState(options: SimulatorOptions): SimulatorState {
  const { now = () => Promise.resolve(Date.now()) } = options;
  const state: SimulatorState = {
    // Whole milliseconds: a test environment's clock may give fractions.
    now: async () => Math.floor(await now()),
    seed: resolveSeed(options.seed),
    isWildcard: options.wildcard ?? false,
    keys: createKeyRing(options.keys),
    faults: createFaultQueue(),
    ledger: createLedgerBook(),
    batches: new Map(),
    workspaces: new Map(),
    closing: new AbortController(),
    settings: changeSettings(RUN_SETTINGS_DEFAULT, options),
    creates: 0,
    calls: 0,
  };
  for (const fault of options.faults ?? []) state.faults.add(fault);
  return state;
}

export function workspaceOf(state: SimulatorState, workspaceId: string): WorkspaceState {
  const known = state.workspaces.get(workspaceId);
  if (known !== undefined) return known;
  const workspace: WorkspaceState = { attempts: new Map(), cache: new Map(), bucket: undefined };
  state.workspaces.set(workspaceId, workspace);
  return workspace;
}
