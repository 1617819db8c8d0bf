/**
 * Why a job makes no progress, where its progress does not show it: Activities that fail again and again.
 */
import type { Session } from '../session/session';

/** An Activity that failed less often may still succeed without help. */
const ATTEMPTS_MIN = 3;
/** One reason is enough, and most children have the same. */
const CHILDREN_ASKED_MAX = 3;

/**
 * Finds what the Activities of a job and of its children fail with.
 *
 * @returns null when no Activity is retried.
 */
export async function findTrouble(session: Session, jobId: string): Promise<string | null> {
  const job = await findInWorkflow(session, jobId);
  if (job.trouble !== null) return job.trouble;
  for (const child of job.children.slice(0, CHILDREN_ASKED_MAX)) {
    const { trouble } = await findInWorkflow(session, child);
    if (trouble !== null) return trouble;
  }
  return null;
}

async function findInWorkflow(
  { client }: Session,
  workflowId: string
): Promise<{ readonly trouble: string | null; readonly children: readonly string[] }> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const failing = raw.pendingActivities?.find(
    ({ attempt, lastFailure }) => (attempt ?? 0) >= ATTEMPTS_MIN && lastFailure?.message
  );
  const children = raw.pendingChildren ?? [];
  return {
    trouble: failing?.lastFailure?.message ?? null,
    children: children.map((child) => child.workflowId ?? '').filter((id) => id !== ''),
  };
}
