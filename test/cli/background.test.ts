/**
 * Jobs that run while other commands query and control them.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectEnd, inSandbox, QUICK } from './helpers/sandbox';

jest.setTimeout(120_000);

describe('run --detach', () => {
  test('leaves a Worker in the background; every command finds the job', async () => {
    await inSandbox({ batchTimeMs: 600_000 }, async (sandbox) => {
      const { run, path, writeRequests, simulator, processes } = sandbox;
      writeRequests('in.jsonl', ['a', 'b']);
      const detached = await run('run', 'in.jsonl', '--detach', '--job', 'd', '--json');
      expectEnd(detached, 0, /./);
      expect(JSON.parse(detached.stdout)).toMatchObject({ job_id: 'd' });
      await until(() => simulator.batches().length === 1);

      const [status, early, forgotten, paused] = await Promise.all([
        run('status', 'd', '--json'),
        run('results', 'd', '--out', 'early'),
        run('forget', 'd'),
        run('pause', 'd'),
      ]);
      expect(JSON.parse(status.stdout)).toMatchObject({ job_id: 'd', requests: 2, processing: 2 });
      expectEnd(early, 1, /still running/);
      expect(existsSync(path('early'))).toBe(false);
      expectEnd(forgotten, 1, /cancel it first/);
      expectEnd(paused, 0, /is paused: .* 1 batch at the API continues/);
      expectEnd(await run('status', 'd'), 0, /^Status +paused/m);
      expectEnd(await run('resume', 'd'), 0, /job d continues/);

      // The next check by itself would be half a minute away.
      await simulator.batches()[0]?.end();
      const watching = run('status', 'd', '--watch');
      expectEnd(await run('check-now', 'd'), 0, /checks 1 batch/);
      expectEnd(await watching, 0, /^Status +completed/m);
      expectEnd(await run('results', 'd', '--out', 'out'), 0, /all 2 requests succeeded/);
      expect(simulator.ledger.batches).toHaveLength(1);

      // The Worker leaves by itself, and the server with it.
      await until(() => processes().length === 0);
      expectEnd(await run('forget', 'd'), 1, /confirm with --yes/);
      expectEnd(await run('forget', 'd', '--yes'), 0, /is forgotten/);
      expect(existsSync(path('.message-batches/store/jobs/d'))).toBe(false);
      // Temporal remembers the job longer than the store does.
      const remembered = await run('status', 'd');
      expectEnd(remembered, 0, /^Status +completed/m);
      expect(remembered.stderr).toMatch(/records were deleted.*pays again/);
    });
  });

  test('refuses bad lines at once', async () => {
    await inSandbox({}, async ({ startWith }) => {
      const detached = await startWith({ stdin: '{}\n' }, 'run', '-', '--detach').ended;
      expectEnd(detached, 1, /^line 1: /m);
    });
  });
});

describe('cancel', () => {
  test('ends batches at the API; the running command keeps what is finished and exits with 3', async () => {
    await inSandbox({ batchTimeMs: 600_000 }, async (sandbox) => {
      const { run, start, writeRequests, readJson, simulator } = sandbox;
      writeRequests('in.jsonl', ['a', 'b']);
      const running = start('run', 'in.jsonl', '--out', 'out', '--job', 'c', ...QUICK);
      await until(() => simulator.batches().length === 1);
      expectEnd(await run('cancel', 'c'), 0, /cancel/);
      expectEnd(await running.ended, 3, /was canceled: 0 of 2/);
      expect(readJson('out/report.json')).toMatchObject({ status: 'canceled', canceled: 2 });
      expectEnd(await run('cancel', 'c'), 1, /has ended \(canceled\)/);
    });
  });
});

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error('It did not happen within 30 s.');
    await sleep(50);
  }
}
