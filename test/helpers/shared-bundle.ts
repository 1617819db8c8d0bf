/** Names the file of the Workflow bundle that the test files of one run share. */
export const BUNDLE_VARIABLE = 'MESSAGE_BATCHES_TEST_BUNDLE';
