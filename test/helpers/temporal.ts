/**
 * Temporal's servers for tests, wherever their executables come from.
 */
import {
  TestWorkflowEnvironment,
  type LocalTestWorkflowEnvironmentOptions,
} from '@temporalio/testing';
import { findExecutable } from '../../src/dev-server';

type DevServerOptions = NonNullable<LocalTestWorkflowEnvironmentOptions['server']>;

/** Temporal's test server, which skips time. Each environment is a server of its own. */
export async function createTimeSkippingEnv(): Promise<TestWorkflowEnvironment> {
  const path = await findExecutable('temporal-test-server');
  return await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
}

/** Temporal's dev server, in memory unless `dbFilename` says otherwise, with timers that fire on time. */
export async function createDevServerEnv(
  options: Omit<DevServerOptions, 'executable'> = {}
): Promise<TestWorkflowEnvironment> {
  const path = await findExecutable('temporal-cli');
  const extraArgs = [
    '--dynamic-config-value',
    'history.timerProcessorMaxTimeShift="10ms"',
    ...(options.extraArgs ?? []),
  ];
  return await TestWorkflowEnvironment.createLocal({
    server: {
      log: { format: 'pretty', level: 'error' },
      ...options,
      extraArgs,
      executable: { type: 'existing-path', path },
    },
  });
}
