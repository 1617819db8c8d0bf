import type { Permission, PermitInput } from '../../src/contract/activities';

/**
 * Creates the Activity that a Workflow calls before each paid call.
 *
 * It always answers `go`. Account limits, a budget and a kill switch will be added here, and Workflows that are running
 * then need no change.
 */
export function createPermit(): (input: PermitInput) => Promise<Permission> {
  return () => Promise.resolve({ decision: 'go' });
}
