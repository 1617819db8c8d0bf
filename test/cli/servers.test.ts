/**
 * `dev`, `worker`, and commands that are told which Temporal to use.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pickPort } from '../../src/dev-server/ports';
import { expectEnd, inSandbox, QUICK } from './helpers/sandbox';

jest.setTimeout(120_000);

describe('dev', () => {
  test('serves other commands, with a simulator where there is no key, until Ctrl-C', async () => {
    await inSandbox({}, async (sandbox) => {
      const { start, run, env, path, writeRequests, readJson, simulator } = sandbox;
      const port = await pickPort();
      const uiPort = await pickPort(port);
      delete env['ANTHROPIC_API_KEY'];
      const ports = ['--port', String(port), '--ui-port', String(uiPort)];
      const dev = start('dev', ...ports, '--batch-time', '200ms');
      await dev.says(/Press Ctrl-C to stop/);

      // Same state folder: this server is found.
      env['ANTHROPIC_BASE_URL'] = /ANTHROPIC_BASE_URL=(\S+)/.exec(dev.told())?.[1];
      env['ANTHROPIC_API_KEY'] = 'simulated';
      writeRequests('in.jsonl', ['a']);
      const found = await run('run', 'in.jsonl', '--out', 'out', ...QUICK);
      expectEnd(
        found,
        0,
        new RegExp(`http://127.0.0.1:${uiPort}/namespaces/default/workflows/in-`)
      );

      // Another one, and an address: none of its own is started.
      env['TEMPORAL_ADDRESS'] = `127.0.0.1:${port}`;
      env['MESSAGE_BATCHES_STATE'] = path('other');
      env['MESSAGE_BATCHES_STORE'] = path('.message-batches/store');
      const worker = start('worker');
      await worker.says(/Worker ready: .*127\.0\.0\.1:\d+/);
      writeRequests('in2.jsonl', ['b']);
      expectEnd(await run('run', 'in2.jsonl', '--out', 'out2', ...QUICK), 0, /1 succeeded/);
      expect(existsSync(join(path('other'), 'server.json'))).toBe(false);
      expect(readJson('out2/.message-batches-job.json')).toMatchObject({
        temporal: { address: `127.0.0.1:${port}`, namespace: 'default' },
      });
      worker.child.kill('SIGTERM');
      expectEnd(await worker.ended, 0, /Draining/);

      dev.child.kill('SIGINT');
      expectEnd(await dev.ended, 0, /answers are made up/);
      expect(simulator.ledger.calls).toEqual([]);
    });
  });
});
