import { Option, type Command } from 'commander';
import { assertKey } from '../session/api-key';
import { announceBackground, untilIdle } from '../session/background';
import { EXIT } from '../text/exit-status';
import { runCommand } from '../text/run-command';
import { listenForInterrupt } from '../session/interrupt';
import { print, printError } from '../text/output';
import { openSession, type Session } from '../session/session';
import { addTargetFlags, resolveTarget, type TargetFlags, type Target } from '../flags/target';

interface WorkerFlags extends TargetFlags {
  readonly untilIdle?: boolean;
  readonly devServer?: boolean;
}

const EXAMPLES = `
It needs the key of the API and the store that the clients use. SIGTERM and Ctrl-C drain it: calls at hand end first,
a second one stops it at once.

Examples:
  $ message-batches worker                                       on the embedded server of .message-batches
  $ TEMPORAL_ADDRESS=temporal:7233 MESSAGE_BATCHES_STORE=/mnt/store message-batches worker
  $ TEMPORAL_PROFILE=prod message-batches worker --task-queue message-batches`;

/** Calls at hand may take this long after SIGTERM. */
const GRACE_MS = 30_000;

export function addWorkerCommand(program: Command): void {
  const command = program
    .command('worker')
    .summary('run a Worker until it is stopped')
    .description('Runs a Worker for the Workflows and Activities of all jobs of a task queue.')
    .addOption(new Option('--until-idle', 'leave when no job runs').hideHelp())
    .addOption(
      new Option('--dev-server', 'use the embedded server whatever is configured').hideHelp()
    );
  addTargetFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((flags: WorkerFlags) => runCommand(() => work(flags)));
}

async function work(flags: WorkerFlags): Promise<number> {
  assertKey();
  const resolved = resolveTarget(flags);
  const target: Target = flags.devServer === true ? { ...resolved, temporal: null } : resolved;
  const interrupt = listenForInterrupt();
  const isBackground = flags.untilIdle === true;
  const session = await openSession(target, {
    worker: 'full',
    graceMs: GRACE_MS,
    logsToStderr: !isBackground,
    onNote: printError,
  });
  try {
    if (isBackground) await announceBackground(session);
    else print(toReadyText(session));
    await Promise.race([
      session.broken,
      interrupt.interrupted,
      ...(isBackground ? [untilIdle(session, interrupt.signal)] : []),
    ]);
    if (interrupt.signal.aborted && !isBackground) printError('Draining: no new tasks are taken.');
    return EXIT.done;
  } finally {
    await session.close();
    interrupt.dispose();
  }
}

function toReadyText({ target, address, uiUrl, store }: Session): string {
  const ui = uiUrl === null ? '' : ` · UI ${uiUrl}`;
  return `Worker ready: task queue ${target.taskQueue} at Temporal ${address}, store ${store.uri}${ui}`;
}
