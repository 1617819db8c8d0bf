/**
 * Child Workflows: started under fixed ids, told of every Signal, never more than a window of them at a time.
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
  rest,
  type Control,
  type ControlSignal,
  type Forward,
} from '../common/control';

/**
 * Runs the chunks of a round, a window of them at a time.
 *
 * @throws the first chunk's failure, once all running chunks have ended.
 */
export async function runChunks(
  control: Control,
  job: JobContext,
  { round, chunks, skipUnstarted }: RunChunksOptions
): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const runOneAfterTheOther = async (): Promise<void> => {
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
  await Promise.all(Array.from({ length: Math.min(CHUNK_WINDOW, chunks) }, runOneAfterTheOther));
  if (failures.length > 0) throw failures[0];
}

interface RunChunksOptions {
  readonly round: number;
  readonly chunks: number;
  /** Whether a cancellation may leave chunks out: not where an earlier execution may have submitted them. */
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
    summary: `round ${input.round}: failures of ${input.sources.length} chunk(s)`,
    args: () => [{ ...input, control: childControl(control) } satisfies RetryInput],
  });
}

async function runChunk(control: Control, input: Omit<ChunkInput, 'control'>): Promise<void> {
  await runChild(control, {
    type: WORKFLOW_TYPE.chunk,
    workflowId: `${input.jobId}/chunk-${chunkLabel(input)}`,
    summary: `chunk ${chunkLabel(input)}`,
    args: () => [{ ...input, control: childControl(control) } satisfies ChunkInput],
  });
}

interface Child {
  readonly type: string;
  readonly workflowId: string;
  readonly summary: string;
  /** Made at the last moment: the control state in it must be that of the start. */
  readonly args: () => [ChunkInput] | [RetryInput];
}

async function runChild(control: Control, child: Child): Promise<void> {
  const line = createLine(child.workflowId);
  control.forwards.add(line.send);
  try {
    const handle = await start(control, child, line);
    await handle.result();
  } finally {
    control.forwards.delete(line.send);
  }
}

/** Starts a child; where one of an earlier execution still runs under its id, waits until that has ended. */
async function start(
  control: Control,
  child: Child,
  line: Line
): Promise<ChildWorkflowHandle<Workflow>> {
  for (let tries = 1; ; tries++) {
    line.hold();
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
      // To the running one, too: it may be paused and wait for a `resume`.
      line.open();
    }
    await rest(control, backoffMs(tries), {
      summary: `${child.summary}: an earlier execution of it still runs`,
    });
  }
}

/** The way of Signals to one child. */
interface Line {
  /** Sends a Signal after all those before it: Temporal does not keep the order of two that are under way together. */
  readonly send: Forward;
  /** Keeps what comes from now on: a child is being started, with the state of this moment. */
  readonly hold: () => void;
  /** Sends what was kept. */
  readonly open: () => void;
}

function createLine(workflowId: string): Line {
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
        // It has just ended.
      }
    });
    return last;
  };
  return {
    send,
    hold: () => {
      held = [];
    },
    open: () => {
      const kept = held ?? [];
      held = null;
      for (const [signal, argument] of kept) void send(signal, argument);
    },
  };
}

function toContext({ jobId, site, options }: JobContext): JobContext {
  return { jobId, site, options };
}
