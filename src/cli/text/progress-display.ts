/**
 * Live progress on standard error: a bar on a terminal, otherwise a line now and then.
 */
import { SingleBar } from 'cli-progress';
import type { JobProgress } from '../../contract/public';
import { toProgressLine } from './job-text';
import { isTerminal, printError } from './output';

export interface ProgressDisplay {
  readonly update: (progress: JobProgress) => void;
  /** Shows a sentence above the bar. */
  readonly note: (text: string) => void;
  /** Leaves the last state visible. Safe to call twice. */
  readonly stop: () => void;
}

/** Without a terminal, the shortest time between two lines, unless the job enters another phase or round. */
const LINE_DELAY_MS = 5_000;
const BAR_SIZE = 24;

/** @param isSilent - shows nothing unless there is a terminal: `--json` in a script. */
export function createProgressDisplay(isSilent: boolean): ProgressDisplay {
  if (isTerminal()) return createBar();
  return isSilent ? createSilence() : createLines();
}

function createBar(): ProgressDisplay {
  const bar = new SingleBar({
    format: `{bar} {percentage}% · {line}`,
    barsize: BAR_SIZE,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: false,
    gracefulExit: false,
    emptyOnZero: true,
    stream: process.stderr,
  });
  let isShown = false;
  const stop = (): void => {
    if (isShown) bar.stop();
    isShown = false;
  };
  return {
    update(progress) {
      const { requests, processing } = progress;
      const line = toProgressLine(progress, Date.now());
      if (!isShown) bar.start(requests, 0, { line });
      isShown = true;
      bar.setTotal(requests);
      bar.update(requests - processing, { line });
    },
    note(text) {
      stop();
      printError(text);
    },
    stop,
  };
}

function createLines(): ProgressDisplay {
  let shown = '';
  let shownStage = '';
  let dueAtMs = 0;
  return {
    update(progress) {
      // The next check's delay changes every second, which is not worth a line.
      const line = toProgressLine({ ...progress, next_check_at: null, next_round_at: null }, 0);
      const stage = [progress.status, progress.phase, progress.round].join();
      const nowMs = performance.now();
      if (line === shown || (stage === shownStage && nowMs < dueAtMs)) return;
      shown = line;
      shownStage = stage;
      dueAtMs = nowMs + LINE_DELAY_MS;
      printError(line);
    },
    note: printError,
    stop: () => undefined,
  };
}

function createSilence(): ProgressDisplay {
  const nothing = (): void => undefined;
  return { update: nothing, note: nothing, stop: nothing };
}
