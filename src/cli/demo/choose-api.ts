/**
 * Where the demo's requests go: to the simulator, or to the API when the user agreed to pay.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchRequest } from '../../client/request-source';
import { BATCH_PERCENT, findPrices } from '../../core/money/prices';
import { openStateFolder } from '../../dev-server/state-folder';
import type { JobOptions } from '../../contract/options';
import { hasKey } from '../session/api-key';
import { COMMAND } from '../text/command-name';
import { plural } from '../text/output';
import { canAsk, confirm } from '../text/prompt';
import type { SessionOptions } from '../session/session';
import { resolveTarget, type Target } from '../flags/target';
import { simulateApi } from '../session/simulated-api';
import { DEMO_MODEL, DEMO_TOKENS_MAX, simulateResult } from './questions';

export interface DemoApi {
  readonly target: Target;
  readonly options: JobOptions;
  readonly session: Pick<SessionOptions, 'chunkLimits'>;
  readonly isSimulated: boolean;
  /** What the user should know about it. */
  readonly explanation: string;
  close(): Promise<void>;
}

const TASK_QUEUE = 'message-batches-demo';

/** Asks before money is spent. Without a terminal it spends none, unless `--yes` was given. */
export async function chooseApi(
  requests: readonly BatchRequest[],
  { yes }: { readonly yes?: boolean }
): Promise<DemoApi> {
  if (!hasKey()) {
    return simulated(
      'No ANTHROPIC_API_KEY is set, so a simulator of the API on this machine answers.'
    );
  }
  if (yes === true) return real();
  if (!canAsk()) {
    return simulated(
      'ANTHROPIC_API_KEY is set, but there is no terminal to ask whether to spend money (--yes would), so a simulator of the API on this machine answers.'
    );
  }
  const question = `Send ${plural(requests.length, 'request')} to ${DEMO_MODEL} with your key, for about $${estimateUsd(requests)}?`;
  return (await confirm(question))
    ? real()
    : simulated('A simulator of the API on this machine answers.');
}

/** Its state is temporary: made-up answers are not worth keeping. */
async function simulated(reason: string): Promise<DemoApi> {
  const simulator = await simulateApi({
    batchTimeMs: ({ sequence }) => BATCH_TIMES_MS[sequence] ?? RETRY_TIME_MS,
    result: simulateResult,
  });
  const folder = await mkdtemp(join(tmpdir(), 'message-batches-demo-'));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return {
    target: toTarget(join(folder, 'state')),
    options: { checkMin: '300ms', checkMax: '700ms', retryDelay: '2500ms' },
    isSimulated: true,
    session: { chunkLimits: { requestsMax: CHUNK_REQUESTS_MAX, bytesMax: CHUNK_BYTES_MAX } },
    explanation:
      `${reason} Nothing is sent to Anthropic, nothing is charged, and the answers are made up.\n` +
      'It is quick (seconds for what takes up to 24 hours) and lets some requests fail, as the API does at times.',
    close: async () => {
      await simulator.close();
      await removeFolder();
    },
  };
}

/** Several small batches that end one after another show more than one. */
const CHUNK_REQUESTS_MAX = 100;
const CHUNK_BYTES_MAX = 10_000_000;
const BATCH_TIMES_MS: readonly number[] = [3_500, 4_200, 4_900, 5_600];
const RETRY_TIME_MS = 3_000;

/** Paid results are kept, and a second demo on the same documents pays nothing. */
async function real(): Promise<DemoApi> {
  const { stateDir } = resolveTarget({});
  const { path } = await openStateFolder(stateDir);
  const target = toTarget(join(path, 'demo'));
  return {
    target,
    options: { checkMin: '5s', checkMax: '1m' },
    isSimulated: false,
    session: {},
    explanation:
      `The requests go to the API with your key, and you pay for them. Everything is kept in ${target.stateDir}: ` +
      `if it is stopped halfway, the next \`${COMMAND} demo\` continues, and nothing is paid twice.`,
    close: () => Promise.resolve(),
  };
}

function toTarget(stateDir: string): Target {
  return { stateDir, store: join(stateDir, 'store'), taskQueue: TASK_QUEUE, temporal: null };
}

/** About four characters make a token. */
const TOKEN_LENGTH = 4;

function estimateUsd(requests: readonly BatchRequest[]): string {
  const prices = findPrices(DEMO_MODEL);
  if (prices === null) return '?';
  const length = requests.reduce((sum, { params }) => sum + JSON.stringify(params).length, 0);
  const inputUsd = (length / TOKEN_LENGTH) * prices.input;
  const outputUsd = requests.length * (DEMO_TOKENS_MAX / 2) * prices.output;
  return (((inputUsd + outputUsd) * BATCH_PERCENT) / 100 / 1_000_000).toFixed(2);
}
