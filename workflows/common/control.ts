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
import { SIGNAL } from '../../src/contract/names';
import type { Answer, Pause, PauseKind } from '../../src/contract/public';
import type { ChildControl } from '../../src/contract/children';
import { toPause, toResume, type Resume } from './signal-arguments';

export type ControlSignal = 'cancel' | 'pause' | 'resume' | 'checkNow';

/** Forwards one Signal to one child, after those before it; must not throw when the child has ended. */
export type Forward = (signal: ControlSignal, argument?: unknown) => Promise<void>;

/** A child to which Signals are forwarded. */
export interface ChildLink {
  /** Whether the child is this chunk, or the round that contains it. */
  readonly contains: (chunk: string) => boolean;
  readonly forward: Forward;
}

export interface Control {
  canceling: boolean;
  /** True when Temporal's own cancellation was requested: the Workflow then ends as Cancelled. */
  canceledByTemporal: boolean;
  /** A pause of the whole job. The pause of a single chunk is in its ChunkState. */
  pause: Pause | null;
  /** How many times `resume` was received for pauses of every kind. */
  resumes: number;
  /** How many times it was received for pauses of one kind only. */
  readonly resumesOfKind: Map<PauseKind, number>;
  /** How many times `checkNow` was received. */
  checks: number;
  readonly children: Set<ChildLink>;
  /** Called after each change. */
  changed: () => void;
  /** Called with an answer to a question. Unless the Workflow sets it: forwards the answer to the chunk that it names. */
  answered: (answer: Answer) => Promise<void>;
}

/** Registers the Signal handlers and listens for Temporal's cancellation. Call once, before anything else. */
export function installControl(initial: ChildControl): Control {
  const control: Control = {
    canceling: initial.canceling,
    canceledByTemporal: false,
    pause: initial.pause,
    resumes: 0,
    resumesOfKind: new Map(),
    checks: 0,
    children: new Set(),
    changed: () => undefined,
    answered: (answer) => forwardAnswer(control, answer),
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
    (argument) => resume(control, toResume(argument)),
    {
      description:
        'Continues after a pause: of every kind, or {"kind": "account"}. Or answers a question: {"chunk": "1-0", "submission": "absent" | "msgbatch_…"}.',
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

/** Lifts pauses: those of one kind, or all. */
export async function lift(control: Control, kind?: PauseKind): Promise<void> {
  if (kind === undefined || control.pause?.kind === kind) control.pause = null;
  if (kind === undefined) control.resumes += 1;
  else control.resumesOfKind.set(kind, (control.resumesOfKind.get(kind) ?? 0) + 1);
  await forwardAll(control, SIGNAL.resume, kind === undefined ? {} : { kind });
}

/** How many times a pause of this kind could have been lifted. */
export function resumesFor({ resumes, resumesOfKind }: Control, kind: PauseKind): number {
  return resumes + (resumesOfKind.get(kind) ?? 0);
}

/** Forwards an answer to the chunk that it names, and to no other. */
export async function forwardAnswer(control: Control, answer: Answer): Promise<void> {
  const { chunk } = answer;
  if (chunk === undefined) return;
  const to = [...control.children].filter((child) => child.contains(chunk));
  await CancellationScope.nonCancellable(() =>
    Promise.all(to.map(({ forward }) => forward(SIGNAL.resume, answer)))
  );
}

/** The state that a child starts with. */
export function childControl(control: Control): ChildControl {
  return { canceling: control.canceling, pause: control.pause };
}

/**
 * Sleeps for a while, unless a cancellation, a `resume` or a `checkNow` comes first.
 *
 * @param delayMs - null: until one of these happens.
 * @param kind - A `resume` of pauses of this kind wakes it too.
 */
export async function sleepUnlessWoken(
  control: Control,
  delayMs: number | null,
  options: TimerOptions = {},
  kind?: PauseKind
): Promise<void> {
  const { canceling, checks } = control;
  const resumes = (): number => (kind === undefined ? control.resumes : resumesFor(control, kind));
  const resumesBefore = resumes();
  const woken = (): boolean =>
    control.canceling !== canceling || resumes() !== resumesBefore || control.checks !== checks;
  if (delayMs === null) await condition(woken);
  else await condition(woken, delayMs, options);
}

async function cancel(control: Control): Promise<void> {
  if (control.canceling) return;
  control.canceling = true;
  await forwardAll(control, SIGNAL.cancel);
}

async function resume(control: Control, wanted: Resume): Promise<void> {
  switch (wanted.do) {
    case 'lift':
      await lift(control, wanted.kind);
      break;
    case 'answer':
      await control.answered(wanted.answer);
      break;
    case 'ignore':
  }
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
    Promise.all([...control.children].map(({ forward }) => forward(signal, argument)))
  );
}
