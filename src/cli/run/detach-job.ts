/**
 * `run --detach`: starts the job and leaves; where the server is embedded, a Worker stays in the background.
 */
import { assertKey } from '../session/api-key';
import { ensureBackground } from '../session/background';
import { checkFile } from './dry-run';
import { commandError } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { hint } from '../flags/hints';
import { isTerminal, print, printJson, quote, printError } from '../text/output';
import type { RunPlan } from './run-plan';
import { startJob } from './run-start';
import { openSession, type Session } from '../session/session';

/** @returns the exit status. */
export async function detachJob(plan: RunPlan, isJson: boolean): Promise<number> {
  const { target, options, inputPath } = plan;
  const usesDevServer = target.temporal === null;
  if (usesDevServer) assertKey();
  if (usesDevServer && (options.account ?? 'default') !== 'default') {
    throw commandError("The embedded server's Workers have only the account `default`.");
  }
  // Nobody is there any more when the job finds a bad line.
  if (inputPath !== null) await checkFile(inputPath, options);
  const session = await openSession(target, { worker: 'none', onNote: noteWriter(isJson) });
  try {
    const { jobId } = await startJob(session, plan);
    if (usesDevServer) await ensureBackground(target, jobId);
    show(session, plan, jobId, isJson);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function noteWriter(isJson: boolean): (text: string) => void {
  return isJson && !isTerminal() ? () => undefined : printError;
}

function show(session: Session, { target, outDir }: RunPlan, jobId: string, isJson: boolean): void {
  const url = session.jobUrl(jobId);
  if (isJson) {
    printJson({ job_id: jobId, url });
    return;
  }
  print(jobId);
  const fetch =
    outDir === null
      ? hint(target, 'results', jobId, '--out', 'DIR')
      : `message-batches run --out ${quote(outDir)}`;
  printError(
    [
      ...(url === null ? [] : [`  in Temporal:  ${url}`]),
      `  to look:      ${hint(target, 'status', jobId, '--watch')}`,
      `  to fetch:     ${fetch}`,
      `  to cancel:    ${hint(target, 'cancel', jobId)}`,
    ].join('\n')
  );
}
