/**
 * What people and parents ask of a running Workflow by Signal: cancel, pause, resume, check now.
 *
 * The job, its chunks and its retry rounds have one Control each. A Workflow with children forwards every Signal to them;
 * a child starts with the state of that moment, so that it misses nothing in between.
 *
 * Why: docs/decisions/001-timer-not-activity-retries.md
 */
import {
  CancellationScope,
  condition,
  defineSignal,
  setHandler,
  type TimerOptions,
} from '@temporalio/workflow';
import { isObject } from '../../src/contract/json';
import { SIGNAL } from '../../src/contract/names';
import type { Pause, ResumeAnswer } from '../../src/contract/public';
import type { ChildControl } from '../../src/contract/children';

/** Longer than any reason that the engine gives. */
const REASON_LENGTH_MAX = 2_000;

export type ControlSignal = 'cancel' | 'pause' | 'resume' | 'checkNow';

/** Forwards one Signal to one child, after those before it; must not throw when the child has ended. */
export type Forward = (signal: ControlSignal, argument?: unknown) => Promise<void>;

export interface Control {
  canceling: boolean;
  /** True when Temporal's own cancellation was requested: the Workflow then ends as Cancelled. */
  canceledByTemporal: boolean;
  /** A pause of the whole job. The pause of a single chunk is in its ChunkState. */
  pause: Pause | null;
  /** How many times `resume` was received, and the last answer that came with it. */
  resumes: number;
  resumed: ResumeAnswer;
  /** How many times `checkNow` was received. */
  checks: number;
  readonly forwards: Set<Forward>;
  /** Called after each change. */
  changed: () => void;
}

/** Registers the Signal handlers and listens for Temporal's cancellation. Call once, before anything else. */
export function installControl(initial: ChildControl): Control {
  const control: Control = {
    canceling: initial.canceling,
    canceledByTemporal: false,
    pause: initial.pause,
    resumes: 0,
    resumed: {},
    checks: 0,
    forwards: new Set(),
    changed: () => undefined,
  };
  setHandler(defineSignal(SIGNAL.cancel), () => cancel(control), {
    description:
      'Stops submitting, cancels running batches at the API, keeps every finished result.',
  });
  setHandler(defineSignal<[unknown]>(SIGNAL.pause), (pause) => pauseFor(control, toPause(pause)), {
    description: 'Stops new paid calls only; batches at the API are still watched and collected.',
  });
  setHandler(
    defineSignal<[unknown]>(SIGNAL.resume),
    (answer) => resume(control, toResume(answer)),
    {
      description: 'Continues after a pause. May answer {"submission": "absent" | "msgbatch_…"}.',
    }
  );
  setHandler(defineSignal(SIGNAL.checkNow), () => checkNow(control), {
    description: 'Checks every running batch at once.',
  });
  CancellationScope.current().cancelRequested.catch(async () => {
    control.canceledByTemporal = true;
    await CancellationScope.nonCancellable(() => cancel(control));
  });
  return control;
}

/** Stops new paid calls in this Workflow and its children. A person's pause stays a person's. */
export async function pauseFor(control: Control, pause: Pause): Promise<void> {
  if (control.pause?.kind === 'person') return;
  control.pause = pause;
  await forwardAll(control, SIGNAL.pause, pause);
}

/** The state that a child starts with. */
export function childControl(control: Control): ChildControl {
  return { canceling: control.canceling, pause: control.pause };
}

/**
 * Sleeps for a while, unless a cancellation, a `resume` or a `checkNow` comes first.
 *
 * @param delayMs - null: until one of these happens.
 */
export async function sleepUnlessWoken(
  control: Control,
  delayMs: number | null,
  options: TimerOptions = {}
): Promise<void> {
  const { canceling, resumes, checks } = control;
  const woken = (): boolean =>
    control.canceling !== canceling || control.resumes !== resumes || control.checks !== checks;
  if (delayMs === null) await condition(woken);
  else await condition(woken, delayMs, options);
}

async function cancel(control: Control): Promise<void> {
  if (control.canceling) return;
  control.canceling = true;
  await forwardAll(control, SIGNAL.cancel);
}

async function resume(control: Control, answer: ResumeAnswer): Promise<void> {
  if (answer.only !== undefined && control.pause !== null && control.pause.kind !== answer.only) {
    return;
  }
  control.pause = null;
  control.resumed = answer;
  control.resumes += 1;
  await forwardAll(control, SIGNAL.resume, answer);
}

async function checkNow(control: Control): Promise<void> {
  control.checks += 1;
  await forwardAll(control, SIGNAL.checkNow);
}

async function forwardAll(
  control: Control,
  signal: ControlSignal,
  argument?: unknown
): Promise<void> {
  control.changed();
  // Signal handlers run in the root scope, in which no command is possible after Temporal's cancellation.
  await CancellationScope.nonCancellable(() =>
    Promise.all([...control.forwards].map((forward) => forward(signal, argument)))
  );
}

/** A person's Signal has no argument, or one of any shape; a parent's has a Pause. */
function toPause(argument: unknown): Pause {
  const { kind, reason } = toRecord(argument) as Partial<Pause>;
  if (typeof kind === 'string' && typeof reason === 'string') {
    return { kind, reason: reason.slice(0, REASON_LENGTH_MAX) };
  }
  return {
    kind: 'person',
    reason:
      typeof reason === 'string'
        ? reason.slice(0, REASON_LENGTH_MAX)
        : 'Paused by the Signal `pause`.',
  };
}

function toResume(argument: unknown): ResumeAnswer {
  const { submission, batch, only } = toRecord(argument) as Partial<ResumeAnswer>;
  return {
    // Any text: what is neither `absent` nor a batch's id is refused with a reason, by the Activity that checks it.
    ...(typeof submission === 'string' ? { submission } : {}),
    ...(batch === 'gone' ? { batch } : {}),
    ...(typeof only === 'string' ? { only } : {}),
  };
}

function toRecord(argument: unknown): object {
  return isObject(argument) ? argument : {};
}
