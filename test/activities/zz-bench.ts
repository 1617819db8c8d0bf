import { createJob, run, submitted, startServer, clientsFor } from '/work/main/test/activities/job-fixture';
import { createActivities } from '/work/main/activities';
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
void (async () => {
  const t0 = performance.now();
  const job = await createJob({ requests: 100_000 });
  const id = await submitted(job);
  console.log('plan+submit', Math.round(performance.now() - t0));
  const h = { authorization: 'Bearer x', 'anthropic-version': '2026-10-21' };
  const t1 = performance.now();
  const text = await (await fetch(`${job.simulator.url}/v1/messages/batches/${id}/results`, { headers: h })).text();
  console.log('simulator results alone', Math.round(performance.now() - t1), text.length);
  const batch = await (await fetch(`${job.simulator.url}/v1/messages/batches/${id}`, { headers: h })).text();
  writeFileSync('/tmp/apibench/results', text); writeFileSync('/tmp/apibench/batch', batch);
  const child = fork('/tmp/apibench/server.js');
  const port = await new Promise<number>((r) => child.once('message', (m) => r(m as number)));
  const url = `http://127.0.0.1:${port}`;
  const input = job.collectInput(id);
  const { messageBatchCollect } = createActivities({ ...job.deps, anthropic: clientsFor(url) });
  const session = new Session(); session.connect();
  const post = (m: string): Promise<any> => new Promise((r) => (session as any).post(m, (e: any, x: any) => r(x)));
  if (process.env.PROF) { await post('Profiler.enable'); await post('Profiler.start'); }
  const t2 = performance.now();
  const c = await run(messageBatchCollect, { ...input, site: { ...input.site, apiOrigin: url } });
  console.log('collect', Math.round(performance.now() - t2), c.counts, Math.round(process.memoryUsage.rss()/1e6));
  if (process.env.PROF) {
    const { profile } = await post('Profiler.stop');
    const self = new Map<string, number>();
    const dt = profile.timeDeltas; const byId = new Map(profile.nodes.map((n: any) => [n.id, n]));
    profile.samples.forEach((s: number, i: number) => { const n: any = byId.get(s); const k = `${n.callFrame.functionName}:${n.callFrame.url.split('/').pop()}:${n.callFrame.lineNumber}`; self.set(k, (self.get(k) ?? 0) + dt[i]); });
    console.log([...self].sort((a, b) => b[1] - a[1]).slice(0, 25).map(([k, v]) => `${Math.round(v / 1000)} ms ${k}`).join('\n'));
  }
  child.kill(); await job.close(); process.exit(0);
})();
