import { createHash } from 'node:crypto';

/**
 * Names a job in the wire ids of its requests.
 *
 * The same for every execution of the job, and different for a job of the same id in another store or with another
 * input: a batch that carries this tag is this job's.
 *
 * @returns 20 lower-case hex digits.
 */
export function jobTag(storeId: string, jobId: string, inputSha256: string): string {
  const whole = JSON.stringify([storeId, jobId, inputSha256]);
  return createHash('sha256').update(whole).digest('hex').slice(0, 20);
}
