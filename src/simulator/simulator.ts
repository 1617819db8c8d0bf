import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KeyRing } from './state/auth';
import { toBatchHandle } from './batch-handle';
import type { BatchHandle } from './batch-handle';
import { answerCall } from './calls/call';
import type { FaultHandle } from './faults/fault-queue';
import type { Fault } from './faults/faults';
import { toLedger } from './state/ledger';
import type { Ledger } from './state/ledger';
import type { ResultScript } from './state/scripted-result';
import { assertOptionNames, assertSettingNames } from './state/option-names';
import { changeSettings } from './state/settings';
import type { SettingsChange, SimulatorOptions } from './state/settings';
import { createState } from './state/state';
import type { SimulatorState } from './state/state';

/** Longer than any client keeps an idle connection, so that it is never closed under a call. */
const KEEP_ALIVE_MS = 300_000;

/** A running simulator of the Message Batches API. */
export interface Simulator {
  /** `http://127.0.0.1:PORT`, without a slash at its end: the client's `baseURL`. */
  readonly url: string;
  readonly port: number;
  readonly ledger: Ledger;
  /** Adds, moves and revokes API keys. */
  readonly keys: Pick<KeyRing, 'set' | 'revoke'>;
  /** Accepted batches, the oldest first. */
  batches(): BatchHandle[];
  /**
   * One accepted batch.
   * @throws RangeError when none has this id.
   */
  batch(id: string): BatchHandle;
  /**
   * Changes settings for later calls: limits, times and scripts apply from the next call on.
   * @throws TypeError when a setting has an unknown name, RangeError when one is out of its range.
   */
  configure(change: SettingsChange): void;
  /** Changes what becomes of the requests of batches to come. */
  setResult(script: ResultScript): void;
  /** Lets something go wrong, after what was set before. */
  fault(fault: Fault): FaultHandle;
  clearFaults(): void;
  /** Closes every connection, also those that wait for an answer. Leaves nothing behind. */
  close(): Promise<void>;
}

/**
 * Starts a simulator on 127.0.0.1.
 *
 * @throws TypeError when an option has an unknown name, RangeError when a setting is out of its range, the
 * system's error when the port is taken.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  assertOptionNames(options);
  const state = createState(options);
  const server = createServer((request, response) => {
    // A client may go away at any time; writing to it must not bring the test down.
    response.on('error', () => undefined);
    void answerCall(state, request, response);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // A body of 256 MB takes as long as it takes.
  server.requestTimeout = 0;
  await listen(server, options.port ?? 0);
  return toSimulator(state, server);
}

function toSimulator(state: SimulatorState, server: Server): Simulator {
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    ledger: toLedger(state.ledger, state.now),
    keys: state.keys,
    batches: () => [...state.batches.values()].map((batch) => toBatchHandle(state, batch)),
    batch(id) {
      const batch = state.batches.get(id);
      if (batch === undefined) throw new RangeError(`Expected the id of a batch, got \`${id}\`.`);
      return toBatchHandle(state, batch);
    },
    configure(change) {
      assertSettingNames(change);
      state.settings = changeSettings(state.settings, change);
    },
    setResult(result) {
      state.settings = changeSettings(state.settings, { result });
    },
    fault: (fault) => state.faults.add(fault),
    clearFaults: () => {
      state.faults.clear();
    },
    async close() {
      state.closing.abort();
      await closeServer(server);
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Closing a closed server is no error here: there is nothing left to do.
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
