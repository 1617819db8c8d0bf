import { Option, type Command } from 'commander';
import { hasKey } from '../session/api-key';
import { EXIT } from '../text/exit-status';
import { runCommand } from '../text/run-command';
import { hint } from '../flags/hints';
import { listenForInterrupt } from '../session/interrupt';
import { formatFields, print, printError } from '../text/output';
import { toDurationMs, toPort } from '../flags/parse-flag';
import { openSession, type Session } from '../session/session';
import { resolveTarget, type Target } from '../flags/target';
import { SIMULATED_KEY, simulateApi } from '../session/simulated-api';
import type { Simulator } from '../../simulator';

interface DevFlags {
  readonly port: string;
  readonly uiPort: string;
  readonly batchTime: string;
  readonly state?: string;
  readonly store?: string;
  readonly taskQueue?: string;
}

const EXAMPLES = `
Commands in other shells that use the same state folder find this server. Applications need its address and its store:
TEMPORAL_ADDRESS and MESSAGE_BATCHES_STORE, as it prints them.

Examples:
  $ message-batches dev
  $ message-batches dev --port 7234 --ui-port 8234 --state /tmp/try`;

const GRACE_MS = 5_000;

export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .summary('run a Temporal dev server with its UI, and a Worker')
    .description(
      'Runs a Temporal dev server with its UI and a Worker, until Ctrl-C.\n' +
        'Without a key of the API it runs a simulator of it as well.'
    )
    .addOption(new Option('--port <port>', 'port of Temporal').default('7233'))
    .addOption(new Option('--ui-port <port>', 'port of its UI').default('8233'))
    .addOption(
      new Option('--batch-time <duration>', 'how long a batch takes at the simulator').default('5s')
    )
    .option('--state <folder>', 'state folder (MESSAGE_BATCHES_STATE, .message-batches)')
    .option('--store <uri>', 'store (MESSAGE_BATCHES_STORE, <state>/store)')
    .option('--task-queue <name>', 'task queue of the Worker (message-batches)')
    .addHelpText('after', EXAMPLES)
    .action((flags: DevFlags) => runCommand(() => dev(flags)));
}

async function dev({ port, uiPort, batchTime, ...where }: DevFlags): Promise<number> {
  const ports = { port: toPort(port), uiPort: toPort(uiPort, '--ui-port') };
  const target: Target = { ...resolveTarget(where), temporal: null };
  const interrupt = listenForInterrupt();
  const simulator = hasKey()
    ? null
    : await simulateApi({ batchTimeMs: toDurationMs(batchTime, '--batch-time') });
  try {
    const session = await openSession(target, {
      worker: 'full',
      graceMs: GRACE_MS,
      ports,
      logsToStderr: true,
      onNote: printError,
    });
    try {
      print(toText(session, simulator));
      await Promise.race([interrupt.interrupted, session.broken]);
    } finally {
      await session.close();
    }
  } finally {
    await simulator?.close();
    interrupt.dispose();
  }
  return EXIT.done;
}

function toText({ target, address, uiUrl, store }: Session, simulator: Simulator | null): string {
  const fields = formatFields([
    ['Temporal', address],
    ['UI', uiUrl],
    ['Worker', `task queue ${target.taskQueue}, store ${store.uri}`],
    ['Simulator', simulator?.url ?? null],
  ]);
  const lines = [
    fields,
    '',
    simulator &&
      'No ANTHROPIC_API_KEY is set, so requests go to the simulator: it makes up its answers and costs nothing.',
    'In another shell, in this folder:',
    simulator &&
      `  $ export ANTHROPIC_BASE_URL=${simulator.url} ANTHROPIC_API_KEY=${SIMULATED_KEY}`,
    `  $ ${hint(target, 'run', 'FILE', '--out', 'DIR')}`,
    'For an application of yours:',
    `  $ export TEMPORAL_ADDRESS=${address} MESSAGE_BATCHES_STORE=${store.uri}`,
    'Ctrl-C ends it.',
  ];
  return lines.filter((line) => line !== null).join('\n');
}
