import { countsAt, endsAtMs, statusAt } from './state/batch';
import type { BatchRecord, ProcessingStatus, RequestCounts } from './state/batch';
import { plannedFinishMs } from './calls/create';
import type { ScriptedResult } from './state/scripted-result';
import type { SimulatorState } from './state/state';

/** One accepted batch, for a test to inspect and to change while it runs. */
export interface BatchHandle {
  readonly id: string;
  readonly workspaceId: string;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  /** How many requests it holds. */
  readonly requests: number;
  /** The `custom_id`s in the order of the body. */
  readonly customIds: readonly string[];
  /** Its state by the simulator's clock. */
  state(): Promise<BatchState>;
  /** Lets it end this many milliseconds after its creation; requests with a time of their own keep it. */
  setBatchTime(batchTimeMs: number): void;
  setLiveCounts(hasLiveCounts: boolean): void;
  /**
   * Changes what becomes of a request.
   * @throws RangeError when the batch holds no such `custom_id`.
   */
  setResult(customId: string, result: ScriptedResult): void;
  /** Ends it now: every request finishes as planned, and those that never would are expired. */
  end(): Promise<void>;
  /** Cancels it as a person in the Console would. */
  cancel(): Promise<void>;
  /** False makes it 404 and leaves it out of lists, as a deleted one; true brings it back. */
  setVisible(isVisible: boolean): void;
}

export interface BatchState {
  readonly status: ProcessingStatus;
  /** As the API would show them. */
  readonly counts: Readonly<RequestCounts>;
  /** When it ends or ended, epoch milliseconds, if nothing more happens to it. */
  readonly endsAtMs: number;
}

export function toBatchHandle(state: SimulatorState, batch: BatchRecord): BatchHandle {
  const { id, workspaceId, createdAtMs, items } = batch;
  function changed(): void {
    batch.revision += 1;
  }
  function replan(index: number): void {
    const item = items[index];
    if (item === undefined) return;
    item.finishAfterMs = plannedFinishMs(item.result, index, items.length, batch.batchTimeMs);
  }
  return {
    id,
    workspaceId,
    createdAtMs,
    requests: items.length,
    get customIds() {
      return items.map((item) => item.customId);
    },
    async state() {
      const nowMs = await state.now();
      return {
        status: statusAt(batch, nowMs),
        counts: countsAt(batch, nowMs),
        endsAtMs: endsAtMs(batch),
      };
    },
    setBatchTime(batchTimeMs) {
      batch.batchTimeMs = batchTimeMs;
      for (const index of items.keys()) replan(index);
      changed();
    },
    setLiveCounts(hasLiveCounts) {
      batch.hasLiveCounts = hasLiveCounts;
    },
    setResult(customId, result) {
      const index = items.findIndex((item) => item.customId === customId);
      const item = items[index];
      if (item === undefined)
        throw new RangeError(`Expected a custom_id of batch ${id}, got \`${customId}\`.`);
      item.result = result;
      replan(index);
      changed();
    },
    async end() {
      const nowMs = await state.now();
      if (statusAt(batch, nowMs) === 'ended') return;
      batch.endedByScriptAtMs = nowMs;
      changed();
    },
    async cancel() {
      const nowMs = await state.now();
      if (statusAt(batch, nowMs) !== 'in_progress') return;
      batch.cancelInitiatedAtMs = nowMs;
      changed();
    },
    setVisible(isVisible) {
      batch.isGone = !isVisible;
    },
  };
}
