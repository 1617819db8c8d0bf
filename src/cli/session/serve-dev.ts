/**
 * `dev`: a Temporal dev server with its UI and a Worker, until Ctrl-C; without a key, the simulator too.
 */
import type { Simulator } from '../../simulator';
import { EXIT } from '../text/exit-status';
import { formatFields, print, printError } from '../text/output';
import { hint } from '../flags/hints';
import { toDurationMs, toPort } from '../flags/parse-flag';
import { resolveTarget, type Target } from '../flags/target';
import { hasKey } from './api-key';
import { withInterrupt } from './interrupt';
import type { Session } from './session';
import { SIMULATED_KEY, simulateApi } from './simulated-api';
import { withSession } from './with-session';

export interface DevFlags {
  readonly port: string;
  readonly uiPort: string;
  readonly batchTime: string;
  readonly state?: string;
  readonly store?: string;
  readonly taskQueue?: string;
}

const GRACE_MS = 5_000;

/** @returns the exit status. */
export function serveDev({ port, uiPort, batchTime, ...where }: DevFlags): Promise<number> {
  const ports = { port: toPort(port), uiPort: toPort(uiPort, '--ui-port') };
  const batchTimeMs = toDurationMs(batchTime, '--batch-time');
  const target: Target = { ...resolveTarget(where), temporal: null };
  return withInterrupt(async (interrupt) => {
    const simulator = hasKey() ? null : await simulateApi({ batchTimeMs });
    try {
      const options = { graceMs: GRACE_MS, ports, logsToStderr: true, onNote: printError };
      return await withSession(
        target,
        { worker: 'full', interrupt, onInterrupt: () => EXIT.done, ...options },
        (session) => {
          print(toText(session, simulator));
          return session.broken;
        }
      );
    } finally {
      await simulator?.close();
    }
  });
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
      'ANTHROPIC_API_KEY is not set, so requests go to the simulator: its answers are made up and cost nothing.',
    'In another shell, in this folder:',
    simulator &&
      `  $ export ANTHROPIC_BASE_URL=${simulator.url} ANTHROPIC_API_KEY=${SIMULATED_KEY}`,
    `  $ ${hint(target, 'run', 'FILE', '--out', 'DIR')}`,
    'For your own application:',
    `  $ export TEMPORAL_ADDRESS=${address} MESSAGE_BATCHES_STORE=${store.uri}`,
    'Press Ctrl-C to stop.',
  ];
  return lines.filter((line) => line !== null).join('\n');
}
