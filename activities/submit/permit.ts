import type { Permission, PermitInput } from '../../src/contract/activities';

/**
 * Makes the Activity that is asked before each paid call.
 *
 * It always answers `go`: account limits, a budget and a kill switch will live behind it, and a Workflow that asks today
 * needs no change then.
 */
export function createPermit(): (input: PermitInput) => Promise<Permission> {
  return () => Promise.resolve({ decision: 'go' });
}
