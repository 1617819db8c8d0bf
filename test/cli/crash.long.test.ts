/**
 * Commands that are interrupted, killed, or run twice: the next one goes on, and the API is paid once.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Simulator } from '../../src/simulator';
import { expectEnd, inSandbox, QUICK } from './helpers/sandbox';

const IDS = ['a', 'b', 'c'];
const BATCH_TIME_MS = 600_000;
const SLOW = ['--check-min', '3s', '--check-max', '3s'];

jest.setTimeout(120_000);

describe('run', () => {
  test('stops at Ctrl-C, says how to continue, and continues', async () => {
    await inSandbox({ batchTimeMs: BATCH_TIME_MS }, async (sandbox) => {
      const { start, run, writeRequests, simulator } = sandbox;
      writeRequests('in.jsonl', IDS);
      const running = start('run', 'in.jsonl', '--out', 'out', '--job', 'i', ...QUICK);
      await running.says('0/3 done');
      await submitted(simulator);
      running.child.kill('SIGINT');
      const hints =
        /to continue: +npx temporal-message-batches run --out .*out\n +to cancel: +.*cancel i$/m;
      expectEnd(await running.ended, 130, hints);

      await simulator.batches()[0]?.end();
      expectEnd(await run('run', '--out', 'out'), 0, /all 3/);
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('goes on after kill -9 of command and server, and when two run at once both get the files', async () => {
    await inSandbox({ batchTimeMs: BATCH_TIME_MS }, async (sandbox) => {
      const { start, path, writeRequests, readLines, simulator } = sandbox;
      writeRequests('in.jsonl', IDS);
      const running = start('run', 'in.jsonl', '--out', 'out', ...SLOW);
      await checked(simulator);
      running.child.kill('SIGKILL');
      process.kill(serverPid(path('.message-batches/server.json')), 'SIGKILL');
      await running.ended;

      const twice = [
        start('run', '--out', 'out', '--json'),
        start('run', 'in.jsonl', '--out', 'other', '--json', ...SLOW),
      ];
      await simulator.batches()[0]?.end();
      for (const { ended } of twice) expectEnd(await ended, 0, /"succeeded": 3/);
      expect(readLines('out/results.jsonl')).toEqual(readLines('other/results.jsonl'));
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });

  test('does not mind that its server dies', async () => {
    await inSandbox({ batchTimeMs: BATCH_TIME_MS }, async (sandbox) => {
      const { start, path, writeRequests, simulator } = sandbox;
      writeRequests('in.jsonl', IDS);
      const running = start('run', 'in.jsonl', '--out', 'out', ...QUICK);
      await running.says('0/3 done');
      await submitted(simulator);
      process.kill(serverPid(path('.message-batches/server.json')), 'SIGKILL');
      await simulator.batches()[0]?.end();
      expectEnd(await running.ended, 0, /all 3/);
      expect(simulator.ledger.batches).toHaveLength(1);
    });
  });
});

/** A moment without a call: an Activity that dies with its Worker is missed only at its time-out. */
async function checked(simulator: Simulator): Promise<void> {
  while (simulator.ledger.counts.retrieve === 0) await sleep(50);
  await sleep(500);
}

async function submitted(simulator: Simulator): Promise<void> {
  while (simulator.batches().length === 0) await sleep(50);
}

function serverPid(recordPath: string): number {
  const { running } = JSON.parse(readFileSync(recordPath, 'utf8')) as { running: { pid: number } };
  return running.pid;
}
