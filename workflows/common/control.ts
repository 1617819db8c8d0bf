/**
 * What people and parents ask of a running Workflow: cancel, pause, resume, check now.
 *
 * The job, its chunks and its retry rounds all hold one Control. A Workflow with children passes every Signal on to
 * them; a child starts with the state of that moment, so nothing is missed in between.
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
import { SIGNAL } from '../../src/contract/names';
import type { Pause, ResumeArgument } from '../../src/contract/public';
import type { ChildControl } from '../../src/contract/children';

/** Longer than any reason of ours. */
const REASON_LENGTH_MAX = 2_000;

export type ControlSignal = 'cancel' | 'pause' | 'resume' | 'checkNow';

/** Passes one Signal on to one child, after those before it; must not throw when the child has ended. */
export type Forward = (signal: ControlSignal, argument?: unknown) => Promise<void>;

export interface Control {
  canceling: boolean;
  /** True when Temporal's own cancellation asked for it: the Workflow then ends as Cancelled. */
  canceledByTemporal: boolean;
  /** A pause of the whole job. The pause of a single chunk is in its ChunkState. */
  pause: Pause | null;
  /** How many `resume` Signals arrived, and the argument of the last one. */
  resumes: number;
  resumed: ResumeArgument;
  /** How many `checkNow` Signals arrived. */
  checks: number;
  readonly forwards: Set<Forward>;
  /** Called after each change. */
  changed: () => void;
}

/** Installs the Signal handlers and listens for Temporal's cancellation. Call once, first thing. */
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
    description: 'Stops submitting, cancels what runs at the API, keeps every finished result.',
  });
  setHandler(defineSignal<[unknown]>(SIGNAL.pause), (pause) => pauseFor(control, toPause(pause)), {
    description: 'Stops new paid calls only; what is at the API is watched and collected.',
  });
  setHandler(defineSignal<[unknown]>(SIGNAL.resume), (word) => resume(control, toResume(word)), {
    description: 'Goes on after a pause. May answer {"submission": "absent" | "msgbatch_…"}.',
  });
  setHandler(defineSignal(SIGNAL.checkNow), () => checkNow(control), {
    description: 'Looks at every running batch at once.',
  });
  CancellationScope.current().cancelRequested.catch(async () => {
    control.canceledByTemporal = true;
    await CancellationScope.nonCancellable(() => cancel(control));
  });
  return control;
}

/** Stops new paid calls in this Workflow and below. A person's pause stays a person's. */
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
 * Waits until the delay is over, or a Signal cancels, resumes or asks for a check.
 *
 * @param delayMs - null: until one of these happens.
 */
export async function rest(
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

async function resume(control: Control, word: ResumeArgument): Promise<void> {
  if (word.only !== undefined && control.pause !== null && control.pause.kind !== word.only) return;
  control.pause = null;
  control.resumed = word;
  control.resumes += 1;
  await forwardAll(control, SIGNAL.resume, word);
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
  // Signal handlers run in the root scope, and Temporal's cancellation closes that one to every further command.
  await CancellationScope.nonCancellable(() =>
    Promise.all([...control.forwards].map((forward) => forward(signal, argument)))
  );
}

/** A person's Signal has no argument, or one of any shape; a parent's is a Pause. */
function toPause(argument: unknown): Pause {
  const given = toRecord(argument);
  const { kind, reason } = given as Partial<Pause>;
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

function toResume(argument: unknown): ResumeArgument {
  const { submission, batch, only } = toRecord(argument) as Partial<ResumeArgument>;
  return {
    ...(typeof submission === 'string' ? { submission } : {}),
    ...(batch === 'gone' ? { batch } : {}),
    ...(typeof only === 'string' ? { only } : {}),
  };
}

function toRecord(argument: unknown): object {
  return typeof argument === 'object' && argument !== null ? argument : {};
}
