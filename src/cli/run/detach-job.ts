/**
 * `run --detach`: starts the job and leaves. With a dev server, a Worker stays in the background.
 */
import { COMMAND } from '../text/command-name';
import { commandError } from '../text/errors';
import { EXIT } from '../text/exit-status';
import { isTerminal, print, printError, printJson, quote } from '../text/output';
import { hint } from '../flags/hints';
import { assertKey } from '../session/api-key';
import { ensureBackground } from '../session/background';
import type { Session } from '../session/session';
import { withSession } from '../session/with-session';
import { checkFile } from './dry-run';
import type { RunRequest } from './run-request';
import { startJob } from './run-start';

/** @returns the exit status. */
export async function detachJob(request: RunRequest, isJson: boolean): Promise<number> {
  const { target, options } = request;
  const usesDevServer = target.temporal === null;
  if (usesDevServer) assertKey();
  if (usesDevServer && (options.account ?? 'default') !== 'default') {
    throw commandError('The Workers of a dev server have only the account `default`.');
  }
  // Later, when the job finds a bad line, no one would see the error.
  if (request.kind !== 'fetch') await checkFile(request.input.path, options);
  const onNote = isJson && !isTerminal() ? () => undefined : printError;
  return withSession(target, { worker: 'none', onNote }, async (session, signal) => {
    const { jobId } = await startJob(session, request, signal);
    if (usesDevServer) await ensureBackground(target, jobId);
    show(session, request, jobId, isJson);
    return EXIT.done;
  });
}

function show(session: Session, request: RunRequest, jobId: string, isJson: boolean): void {
  const { target, outDir } = request;
  const url = session.jobUrl(jobId);
  if (isJson) {
    printJson({ job_id: jobId, url });
    return;
  }
  print(jobId);
  const fetch =
    outDir === null
      ? hint(target, 'results', jobId, '--out', 'DIR')
      : `${COMMAND} run --out ${quote(outDir)}`;
  printError(
    [
      ...(url === null ? [] : [`  in Temporal:  ${url}`]),
      `  to follow:    ${hint(target, 'status', jobId, '--watch')}`,
      `  to fetch:     ${fetch}`,
      `  to cancel:    ${hint(target, 'cancel', jobId)}`,
    ].join('\n')
  );
}
