/**
 * Child Workflows: started under fixed ids, a window of them at a time, and every Signal is forwarded to them.
 */
import {
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  type ChildWorkflowHandle,
  type Workflow,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { chunkLabel, WORKFLOW_TYPE } from '../../src/contract/names';
import type { JobContext } from '../../src/contract/activities';
import type { ChunkInput, RetryInput } from '../../src/contract/children';
import { backoffMs } from '../../src/core/wait/check-schedule';
import { CHUNK_WINDOW } from '../../src/contract/limits';
import {
  childControl,
  sleepUnlessWoken,
  type ChildLink,
  type Control,
  type ControlSignal,
  type Forward,
} from '../common/control';

/**
 * Runs the chunks of a round, a window of them at a time.
 *
 * @throws the first chunk's failure, once every running chunk has ended.
 */
export async function runChunks(
  control: Control,
  job: JobContext,
  { round, chunks, skipUnstarted }: RunChunksOptions
): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const runOneByOne = async (): Promise<void> => {
    while (next < chunks && failures.length === 0) {
      if (control.canceling && skipUnstarted) return;
      const chunk = next++;
      try {
        await runChunk(control, { ...toContext(job), round, chunk, requests: null });
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CHUNK_WINDOW, chunks) }, runOneByOne));
  if (failures.length > 0) throw failures[0];
}

interface RunChunksOptions {
  readonly round: number;
  readonly chunks: number;
  /** Whether a cancellation may skip chunks: not where an earlier execution may have submitted them. */
  readonly skipUnstarted: boolean;
}

/** Runs one retry round. */
export async function runRetry(
  control: Control,
  input: Omit<RetryInput, 'control'>
): Promise<void> {
  await runChild(control, {
    type: WORKFLOW_TYPE.retry,
    workflowId: `${input.jobId}/round-${input.round}`,
    summary: `round ${input.round}: retries failed requests of ${input.sources.map(chunkLabel).join(', ')}`,
    contains: (chunk) => chunk.startsWith(`${input.round}-`),
    args: () => [{ ...input, control: childControl(control) } satisfies RetryInput],
  });
}

async function runChunk(control: Control, input: Omit<ChunkInput, 'control'>): Promise<void> {
  await runChild(control, {
    type: WORKFLOW_TYPE.chunk,
    workflowId: `${input.jobId}/chunk-${chunkLabel(input)}`,
    summary: `chunk ${chunkLabel(input)}`,
    contains: (chunk) => chunk === chunkLabel(input),
    args: () => [{ ...input, control: childControl(control) } satisfies ChunkInput],
  });
}

interface Child {
  readonly type: string;
  readonly workflowId: string;
  readonly summary: string;
  readonly contains: ChildLink['contains'];
  /** Created at the last moment: the control state in it must be that of the start. */
  readonly args: () => [ChunkInput] | [RetryInput];
}

async function runChild(control: Control, child: Child): Promise<void> {
  const signals = createSignalQueue(child.workflowId);
  const link: ChildLink = { contains: child.contains, forward: signals.send };
  control.children.add(link);
  try {
    const handle = await start(control, child, signals);
    await handle.result();
  } finally {
    control.children.delete(link);
  }
}

/** Starts a child. If one of an earlier execution still runs under its id, waits until that one has ended. */
async function start(
  control: Control,
  child: Child,
  signals: SignalQueue
): Promise<ChildWorkflowHandle<Workflow>> {
  for (let tries = 1; ; tries++) {
    signals.hold();
    try {
      return await startChild(child.type, {
        workflowId: child.workflowId,
        args: child.args(),
        staticSummary: child.summary,
        // Terminating a job must not leave its batches running unseen; killing its children would.
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    } finally {
      // Also to the child that still runs: it may be paused and wait for a `resume`.
      signals.release();
    }
    await sleepUnlessWoken(control, backoffMs(tries), {
      summary: `${child.summary}: waits for its earlier execution to end`,
    });
  }
}

/** The Signals to one child, in order. */
interface SignalQueue {
  /** Sends a Signal after all those before it: Temporal does not keep the order of two that are sent at once. */
  readonly send: Forward;
  /** Keeps Signals from now on: a child is being started, with the control state of this moment. */
  readonly hold: () => void;
  /** Sends the Signals that were kept. */
  readonly release: () => void;
}

function createSignalQueue(workflowId: string): SignalQueue {
  let held: [ControlSignal, unknown][] | null = null;
  let last = Promise.resolve();
  const send: Forward = (signal, argument) => {
    if (held !== null) {
      held.push([signal, argument]);
      return Promise.resolve();
    }
    last = last.then(async () => {
      try {
        const child = getExternalWorkflowHandle(workflowId);
        await child.signal(signal, ...(argument === undefined ? [] : [argument]));
      } catch {
        // The child has just ended.
      }
    });
    return last;
  };
  return {
    send,
    hold: () => {
      held = [];
    },
    release: () => {
      const kept = held ?? [];
      held = null;
      for (const [signal, argument] of kept) void send(signal, argument);
    },
  };
}

function toContext({ jobId, site, options }: JobContext): JobContext {
  return { jobId, site, options };
}
