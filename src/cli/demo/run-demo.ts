/**
 * `demo`: the main job on real input, from documents on this disk to a table of answers.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobHandle } from '../../client/job-handle';
import type { JobProgress, Report } from '../../contract/public';
import { openStateFolder } from '../../dev-server/state-folder';
import { commandError } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { followJob } from '../jobs/follow';
import { withInterrupt, type Interrupt } from '../session/interrupt';
import { toReportText } from '../text/job-text';
import { formatTable, plural, print, printError } from '../text/output';
import { createProgressDisplay, type ProgressDisplay } from '../text/progress-display';
import type { Session } from '../session/session';
import { withSession } from '../session/with-session';
import { chooseApi, type DemoApi } from './choose-api';
import { findDocuments } from './documents';
import { DEMO_MODEL, readAnswer, toRequest } from './questions';

export interface DemoFlags {
  /** Leave when the results are shown. */
  readonly exit?: boolean;
  /** Spend money without a question. */
  readonly yes?: boolean;
}

const ROWS_SHOWN = 10;
const PURPOSE_LENGTH_MAX = 60;

/** @returns the exit status. */
export async function runDemo(flags: DemoFlags): Promise<number> {
  const requests = (await findDocuments()).map(toRequest);
  if (requests.length === 0) throw commandError('No packages are installed beside this one.');
  print(
    `${plural(requests.length, 'document')}: description and README of each package in node_modules.`
  );
  print('One request each: what is it for, which category, which license?');
  return withInterrupt(async (interrupt) => {
    const api = await chooseApi(requests, flags);
    try {
      print(`${api.explanation}\n`);
      const { path } = await openStateFolder(api.target.stateDir);
      const input = join(path, 'documents.jsonl');
      await writeFile(input, requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
      return await runWith(api, input, flags, interrupt);
    } finally {
      await api.close();
    }
  });
}

async function runWith(
  { target, options, session: sessionOptions, isSimulated }: DemoApi,
  input: string,
  flags: DemoFlags,
  interrupt: Interrupt
): Promise<number> {
  const display = createProgressDisplay(false);
  let isShown = false;
  const onInterrupt = (exitStatus: number): number => {
    display.stop();
    // Once the results are shown, Ctrl-C is how the demo ends; before, it is an interruption.
    return isShown ? EXIT.done : exitStatus;
  };
  return withSession(
    target,
    { worker: 'full', onNote: display.note, interrupt, onInterrupt, ...sessionOptions },
    async (session, signal) => {
      try {
        const handle = await session.jobs.start(input, options);
        display.note(`Job ${handle.jobId} · ${session.jobUrl(handle.jobId) ?? ''}`);
        const report = await follow(session, handle, display, signal);
        await showResults(session, handle, { report, isSimulated });
        isShown = true;
        if (flags.exit === true) return report.status === 'completed' ? EXIT.done : EXIT.failed;
        printError('\nTemporal and its UI stay up until Ctrl-C.');
        return await session.broken;
      } finally {
        display.stop();
      }
    }
  );
}

async function follow(
  session: Session,
  handle: JobHandle,
  display: ProgressDisplay,
  signal: AbortSignal
): Promise<Report> {
  let round = 1;
  const onProgress = (progress: JobProgress): void => {
    const batches = progress.batches.filter((batch) => batch.round === progress.round);
    const failed = batches.reduce((sum, { requests }) => sum + requests, 0);
    if (progress.round > round && failed > 0) {
      round = progress.round;
      display.note(
        `Round ${round}: ${plural(failed, 'request')} failed at the API; only these are submitted again.`
      );
    }
    display.update(progress);
  };
  const report = await followJob(session, handle, {
    signal,
    onProgress,
    onTrouble: (trouble) => {
      display.note(`Trying again: ${trouble}`);
    },
  });
  display.stop();
  return report;
}

async function showResults(
  session: Session,
  handle: JobHandle,
  { report, isSimulated }: { readonly report: Report; readonly isSimulated: boolean }
): Promise<void> {
  const rows: string[][] = [];
  for await (const { custom_id: id, result } of handle.results()) {
    const [block] = result.message['content'] as readonly { text?: string }[];
    const answer = readAnswer(block?.text ?? '');
    if (answer !== null) rows.push([id, answer.category, answer.license, cut(answer.purpose)]);
  }
  const every = Math.max(1, Math.floor(rows.length / ROWS_SHOWN));
  const shown = rows.filter((_, index) => index % every === 0).slice(0, ROWS_SHOWN);
  print(
    isSimulated
      ? '\nSimulated answers, made of the documents themselves:'
      : `\nAnswers of ${DEMO_MODEL}:`
  );
  print(`\n${formatTable(['Package', 'Category', 'Licence', 'Purpose'], shown)}`);
  print(`… and ${rows.length - shown.length} more\n`);
  print(toReportText(report));
  if (isSimulated) print('          (simulated: nothing was sent or paid)');
  print(`History   ${session.jobUrl(handle.jobId) ?? ''}`);
}

function cut(text: string): string {
  return text.length <= PURPOSE_LENGTH_MAX ? text : `${text.slice(0, PURPOSE_LENGTH_MAX - 1)}…`;
}
