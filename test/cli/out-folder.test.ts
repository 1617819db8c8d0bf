import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  claimOutFolder,
  copyOutputs,
  readOutNote,
  releaseOutFolder,
  type OutNote,
} from '../../src/cli/run/out-folder';
import type { Report, StoreReference } from '../../src/contract/public';
import { openStore } from '../../src/store/open-store';
import type { Store } from '../../src/store/store';
import { temporaryFolder } from '../helpers/temporary-folder';

let folder: string;
let out: string;
beforeEach(() => {
  folder = temporaryFolder();
  out = join(folder, 'deep', 'out');
});

describe('claimOutFolder', () => {
  test('makes the folder, which remembers its job until it is released', async () => {
    await claimOutFolder(out, note('a'));
    await claimOutFolder(out, note('a'));
    expect(await readOutNote(out)).toEqual(note('a'));
    await releaseOutFolder(out, 'b');
    expect(await readOutNote(out)).toEqual(note('a'));
    await releaseOutFolder(out, 'a');
    expect(await readOutNote(out)).toBeUndefined();
  });

  test('refuses a folder of another job, of its report, or of unknown files', async () => {
    await claimOutFolder(out, note('a'));
    await expect(claimOutFolder(out, note('b'))).rejects.toThrow('belongs to the job a');
    writeFileSync(join(folder, 'report.json'), '{"job_id": "c"}');
    await expect(claimOutFolder(folder, note('b'))).rejects.toThrow('belongs to the job c');
    writeFileSync(join(folder, 'report.json'), 'mine');
    await expect(claimOutFolder(folder, note('b'))).rejects.toThrow('has a report.json');
    expect(readdirSync(folder).sort()).toEqual(['deep', 'report.json']);
  });
});

describe('copyOutputs', () => {
  test('copies the three files, and no report beside a damaged file', async () => {
    const store = await openStore(join(folder, 'store'));
    await writeJob(store);
    await claimOutFolder(out, note('a'));
    await copyOutputs(store, 'a', out);
    const files = ['.message-batches-job.json', 'failures.jsonl', 'report.json', 'results.jsonl'];
    expect(readdirSync(out).sort()).toEqual(files);

    await store.write('jobs/a/failures.jsonl', 'changed\n');
    const other = join(folder, 'other');
    await claimOutFolder(other, note('a'));
    await expect(copyOutputs(store, 'a', other)).rejects.toThrow();
    expect(readdirSync(other)).not.toContain('report.json');
    expect(readdirSync(other).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

function note(jobId: string): OutNote {
  return {
    job_id: jobId,
    store: '/store',
    state: '/state',
    task_queue: 'message-batches',
    temporal: null,
    options: { checkMin: '1s' },
  };
}

/** As much of an ended job as a copy needs. */
async function writeJob(store: Store): Promise<void> {
  const references: Record<string, StoreReference> = {};
  for (const name of ['results', 'failures']) {
    references[name] = await store.write(`jobs/a/${name}.jsonl`, `{"custom_id":"${name}"}\n`);
  }
  const report: Pick<Report, 'job_id'> = { job_id: 'a', ...references };
  await store.write('jobs/a/report.json', JSON.stringify(report));
}
