import { defaultStage } from './faults';
import type { Fault, FaultAction, FaultCall, FaultStage } from './faults';

/** A fault that was set, to watch it or take it back. */
export interface FaultHandle {
  /** How many calls it will still strike. */
  readonly remaining: number;
  /** How many calls it has struck. */
  readonly struck: number;
  remove(): void;
}

export interface FaultQueue {
  add(fault: Fault): FaultHandle;
  clear(): void;
  /** The actions for this call at this stage, in the order in which their faults were set; counts them as struck. */
  take(stage: FaultStage, call: FaultCall): FaultAction[];
}

interface Entry {
  readonly fault: Fault;
  remaining: number | null;
  toSkip: number;
  struck: number;
}

export function createFaultQueue(): FaultQueue {
  let entries: Entry[] = [];

  function strike(entry: Entry, stage: FaultStage, call: FaultCall): FaultAction | null {
    const { fault } = entry;
    if (entry.remaining === 0 || !matches(fault, call)) return null;
    // A `when` may read what only exists at the fault's own stage, so the stage comes first where it is known.
    if (fault.stage !== undefined && fault.stage !== stage) return null;
    if (typeof fault.action !== 'function' && stageOf(fault, fault.action) !== stage) return null;
    if (fault.when !== undefined && !fault.when(call)) return null;
    const action = typeof fault.action === 'function' ? fault.action(call) : fault.action;
    if (action === undefined || stageOf(fault, action) !== stage) return null;
    if (entry.toSkip > 0) {
      entry.toSkip -= 1;
      return null;
    }
    entry.remaining ??= fault.times ?? (action.type === 'hide' ? Infinity : 1);
    if (entry.remaining <= 0) return null;
    entry.remaining -= 1;
    entry.struck += 1;
    return action;
  }

  return {
    add(fault) {
      const entry: Entry = {
        fault,
        remaining: fault.times ?? null,
        toSkip: fault.skip ?? 0,
        struck: 0,
      };
      entries.push(entry);
      return {
        get remaining() {
          return entry.remaining ?? 1;
        },
        get struck() {
          return entry.struck;
        },
        remove() {
          entries = entries.filter((each) => each !== entry);
        },
      };
    },
    clear() {
      entries = [];
    },
    take(stage, call) {
      const actions: FaultAction[] = [];
      for (const entry of entries) {
        const action = strike(entry, stage, call);
        if (action === null) continue;
        actions.push(action);
        // One end per call: what comes after it waits for the next one.
        if (isFinal(action)) break;
      }
      return actions;
    },
  };
}

function matches({ on }: Fault, { operation }: FaultCall): boolean {
  return on === '*' || on === operation || (Array.isArray(on) && on.includes(operation));
}

function stageOf(fault: Fault, action: FaultAction): FaultStage {
  return fault.stage ?? defaultStage(action);
}

function isFinal({ type }: FaultAction): boolean {
  return type === 'error' || type === 'respond' || type === 'drop' || type === 'hang';
}
